"""On a real server: the past goes beyond its limits, and what somebody uses stays."""

from tests.builders import make_deployment, make_run, make_snapshot
from tests.integration.lab import Lab
from tests.integration.loops import deliver, start_loop, train_and_serve
from tests.integration.operator_process import OperatorProcess

TIGHT = {"completed_runs": 1, "failed_runs": 1, "versions": 1}


def names(lab: Lab, kind: str) -> list[str]:
    return sorted(item["metadata"]["name"] for item in lab.list(kind))


def test_runs_and_versions_beyond_the_limits_go_and_describe_tells(
    lab: Lab, operator: OperatorProcess
) -> None:
    start_loop(lab, deployment={"rollback_window_seconds": 0}, history=TIGHT)
    pinned = {"policy": "Pinned", "number": 1}
    lab.create(make_deployment("theirs", version=pinned), make_run("mine", dataset_name="none"))
    first = names(lab, "trainingrun")

    for number, rows in ((2, 2000), (3, 4000), (4, 8000)):
        deliver(lab, make_snapshot(f"snapshot {number}", rows))
        train_and_serve(lab, number)

    def missing() -> str | None:
        found = names(lab, "modelversion")
        # The first is pinned, and the third is the one to go back to.
        kept = ["flight-delay-v1", "flight-delay-v3", "flight-delay-v4"]
        return None if found == kept else str(found)

    lab.wait_for("version 2 to go", missing)
    runs = names(lab, "trainingrun")
    assert len(runs) == 2
    assert "mine" in runs
    assert not set(first) & (set(runs) - {"mine"})
    status = lab.the("modelpipeline", "flight-delay")["status"]
    assert status["lastVersionNumber"] == 4
    assert [item["cause"] for item in status["handledCauses"]] == ["Initial", *["NewData"] * 3]
    described = lab.run("describe", "modelpipeline", "flight-delay")
    assert "TrainingRuns beyond `spec.history` were deleted" in described
    assert "their artifacts stay in the store: flight-delay-v2" in described
    assert "Traceback" not in operator.log()
