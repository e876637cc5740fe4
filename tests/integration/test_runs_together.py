"""Several runs of one model that end at the same time."""

from tests.builders import make_dataset, make_run, make_snapshot, make_store
from tests.integration.lab import Lab
from tests.integration.loops import answered, collected, trained
from tests.integration.operator_process import OperatorProcess

RUNS = ("first", "second", "third")


def test_runs_that_end_together_get_numbers_without_a_hole_or_a_double(
    lab: Lab, operator: OperatorProcess
) -> None:
    lab.create(make_store(), make_dataset())
    lab.end_job(lab.wait_job("flights-"), collected(make_snapshot()))
    lab.wait_ready("dataset", "flights", "SnapshotReady")
    lab.create(*(make_run(name) for name in RUNS))
    for name in RUNS:
        job = lab.wait_job(f"{name}-")
        lab.end_job(job, trained(job))
    asked = [lab.wait_job(f"{name}-") for name in RUNS]

    # The operator finds all of them ended at once.
    operator.kill()
    for job in asked:
        lab.end_job(job, answered())
    operator.start_ready()

    ended = [lab.wait_ready("trainingrun", name, "Registered") for name in RUNS]
    versions = {item["spec"]["run"]["uid"]: item["spec"]["number"] for item in lab.list("mv")}
    assert sorted(versions.values()) == [1, 2, 3]
    assert versions == {run["metadata"]["uid"]: run["status"]["versionNumber"] for run in ended}
    assert "Traceback" not in operator.log()
