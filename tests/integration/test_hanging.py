"""A trainer that hangs, on a real API server: the deadline ends it, and people are told."""

import pytest
from tests.builders import Object, make_dataset, make_run, make_snapshot, make_store
from tests.integration.lab import Lab, conditions, ended_status
from tests.integration.loops import collected
from tests.unit.operator.observations import terminated

_LAST_WORDS = '{"event":"fitting","candidate":"boosting"}'
_DEADLINE = "Job was active longer than specified deadline"


@pytest.mark.usefixtures("operator")
def test_run_whose_trainer_hangs_ends_at_its_deadline_and_tells_its_last_words(lab: Lab) -> None:
    lab.create(make_store(), make_dataset())
    lab.end_job(lab.wait_job("flights"), collected(make_snapshot()))
    lab.wait_ready("dataset", "flights", "SnapshotReady")
    lab.create(make_run(active_deadline_seconds=30))
    job = lab.wait_job("by-hand")
    name = job["metadata"]["name"]
    assert job["spec"]["activeDeadlineSeconds"] == 30

    lab.show_pod(job, {"running": {"startedAt": "2026-11-21T12:00:00Z"}})
    lab.wait_ready("trainingrun", "by-hand", "Training")

    # The kubelet's and the Job controller's part: the pod was asked to end, and did not listen.
    killed = terminated(137, _LAST_WORDS)["terminated"] | {
        "startedAt": "2026-11-21T12:00:00Z",
        "finishedAt": "2026-11-21T12:01:00Z",
    }
    container = {
        **lab.the("pod", f"{name}-pod")["status"]["containerStatuses"][0],
        "state": {"terminated": killed},
    }
    lab.patch("pod", f"{name}-pod", {"status": {"containerStatuses": [container]}}, "status")
    ended = ended_status(succeeded=False)
    for entry in ended["conditions"]:
        entry |= {"reason": "DeadlineExceeded", "message": _DEADLINE}
    lab.patch("job", name, {"status": ended}, "status")

    run = lab.wait_ready("trainingrun", "by-hand", "DeadlineExceeded")
    words = f"the deadline passed before the end; its last words: {_LAST_WORDS}"
    told = conditions(run)
    assert {kind: told[kind]["message"] for kind in ("Ready", "Stalled", "Failed")} == {
        "Ready": words,
        "Stalled": words,
        "Failed": words,
    }
    [attempt] = run["status"]["failedAttempts"]
    assert (attempt["number"], attempt["jobName"], attempt["reason"]) == (
        1,
        name,
        "DeadlineExceeded",
    )
    assert run["status"]["stage"] == "Finished"
    # A longer deadline is a person's decision: nothing is tried again.
    assert [job["metadata"]["name"] for job in lab.list("jobs") if _is_open(job)] == []


def _is_open(job: Object) -> bool:
    return not job["status"].get("conditions")
