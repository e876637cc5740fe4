"""The demo applies the examples as they are, but for two times; its last page tells the origin."""

from tests.unit.dev.demo.builders import DIGEST, version

from tidewheel_dev.demo.place import documents
from tidewheel_dev.demo.steps.first_model import loop_objects
from tidewheel_dev.demo.steps.last_page import lineage


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
