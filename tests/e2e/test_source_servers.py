"""The examples of sources that are servers, applied as they are, against a real server of each."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.e2e.conftest import NewNamespace
from tests.e2e.flights import ROWS, apply_example, snapshot_of
from tests.e2e.installation import SharedStore, furnish
from tests.e2e.lab import Lab, Run
from tests.e2e.outside import served
from tests.e2e.source_servers import EXAMPLES, Example

_DELIVERY = "delivery"


@pytest.fixture(scope="module")
def supplied(
    shared_store: SharedStore,
    new_namespace: NewNamespace,
    kubectl: Run,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Lab]:
    """Return a namespace in which all servers answer and all examples are applied."""
    with ExitStack() as stack:
        lab = furnish(stack.enter_context(new_namespace()), kubectl, shared_store)
        kubectl("create", "namespace", _DELIVERY, check=True)
        stack.callback(kubectl, "delete", "namespace", _DELIVERY, check=True)
        for example in EXAMPLES:
            folder: Path = tmp_path_factory.mktemp(example.file)
            port = stack.enter_context(example.run(folder))
            host, _, service_port = example.address.partition(":")
            where = host if "." in host else f"{host}.{lab.namespace}"
            stack.enter_context(served(kubectl, f"{where}:{service_port}", port))
            apply_example(lab, example.file)
        yield lab


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.file)
def test_example_of_a_server_makes_a_snapshot(supplied: Lab, example: Example) -> None:
    supplied.wait_ready("dataset", example.dataset, ["SnapshotReady"], seconds=240)

    rows, labelled_rows, types = snapshot_of(supplied, example.dataset)

    assert (rows, labelled_rows) == (ROWS, ROWS)
    assert types["distance"] == "double"
    time = "taken_at" if "taken_at" in types else "scheduled_departure"
    assert types[time].startswith("timestamp")
