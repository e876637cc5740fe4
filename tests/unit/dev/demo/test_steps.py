"""The demo applies the examples as they are, but for two times; its last page tells the origin."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest
from tests.unit.dev.demo.builders import DIGEST, version

from tidewheel_dev.demo.context import Demo, Site
from tidewheel_dev.demo.kubectl import Kubectl
from tidewheel_dev.demo.place import documents
from tidewheel_dev.demo.steps.first_model import loop_objects
from tidewheel_dev.demo.steps.last_page import how_to_go_on, lineage


@dataclass(frozen=True)
class StandIn:
    """A reach that knows one URL."""

    known: str
    outlives_demo: bool

    def url(self, namespace: str, service: str, port: int, *, moves: bool = False) -> str:
        assert (namespace, service, port) == ("demo", "flight-delay", 80)
        return self.known


def test_the_loop_is_that_of_the_examples_with_shorter_times() -> None:
    dataset, pipeline = loop_objects()
    assert dataset["spec"].pop("refresh") == {"everySeconds": 20}
    assert pipeline["spec"]["deployment"].pop("rollbackWindowSeconds") == 10
    assert [dataset, pipeline] == documents("flights/dataset.yaml", "flights/pipeline.yaml")


def test_lineage_names_run_snapshot_and_rows() -> None:
    found = dict(lineage(version(1, "Initial").spec))
    assert found["version"] == "flight-delay 1"
    assert found["run"] == "run-1 (uid-1)"
    assert found["snapshot"] == DIGEST
    assert found["labelled rows"] == "50,009"
    assert found["git revision"] == "unknown"


@pytest.mark.parametrize(
    ("reach", "ways"),
    [
        pytest.param(
            StandIn("http://10.96.7.7", outlives_demo=True),
            ["curl http://10.96.7.7/v2/models/flight-delay"],
            id="by-the-address-where-it-is-routed",
        ),
        pytest.param(
            StandIn("http://127.0.0.1:41235", outlives_demo=False),
            [
                "kubectl port-forward -n demo service/flight-delay 8000:80 &",
                "curl http://127.0.0.1:8000/v2/models/flight-delay",
            ],
            id="through-a-forwarded-port-elsewhere",
        ),
    ],
)
def test_the_last_page_asks_in_a_way_that_works_after_the_demo(
    reach: StandIn, ways: list[str]
) -> None:
    kubectl = Kubectl(Path("kubectl"), Path("kubeconfig"))
    site = Site(Path("kubeconfig"), kubectl, Path("helm"), cast("Any", None), reach)
    lines = how_to_go_on(Demo(site, "demo", *cast("Any", (None, "", None))))
    start = lines.index(ways[0])
    assert lines[start : start + len(ways)] == ways
    assert lines[0] == "export KUBECONFIG=kubeconfig"
    assert lines[-1].startswith("make cluster-down")
