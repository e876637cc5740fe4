"""Pods report by tokens that a real API server binds and reviews, and the run's status moves."""

from datetime import datetime, timedelta

import pytest
from tests.builders import Object, make_dataset, make_run, make_snapshot, make_store
from tests.integration.conftest import MakeOperator
from tests.integration.lab import Lab
from tests.integration.loops import answered, collected, trained
from tests.integration.operator_process import OperatorProcess
from tests.unit.operator.observations import job_pod

REPORT = {"kind": "Report", "step": "Choosing", "percent": 30, "message": "fit boosting"}
RUN = "by-hand"


@pytest.fixture
def reporting(lab: Lab, make_operator: MakeOperator) -> OperatorProcess:
    """Return an operator whose Jobs report, and a run whose Job has a pod."""
    operator = make_operator()
    url = f"http://127.0.0.1:{operator.report_port}"
    operator.environment["TIDEWHEEL_REPORT_URL"] = url
    operator.start_ready()
    lab.run("create", "serviceaccount", "default")
    lab.create(make_store(), make_dataset(), make_run())
    lab.end_job(lab.wait_job("flights-"), collected(make_snapshot()))
    lab.create(pod_of(lab.wait_job(RUN)))
    return operator


def pod_of(job: Object) -> Object:
    """Return a Job's pod as its controller makes it, with the account that tokens are of."""
    pod = job_pod(job, {"running": {}})
    return {**pod, "spec": {**pod["spec"], "serviceAccountName": "default"}}


def token_of(lab: Lab, pod: Object, audience: str = "tidewheel.dev/report") -> str:
    """Return the token that the kubelet would give to a pod."""
    return lab.run(
        "create",
        "token",
        "default",
        f"--audience={audience}",
        "--bound-object-kind=Pod",
        f"--bound-object-name={pod['metadata']['name']}",
        f"--bound-object-uid={pod['metadata']['uid']}",
    ).strip()


def the_pod(lab: Lab) -> Object:
    [pod] = [pod for pod in lab.list("pods") if pod["metadata"]["name"].startswith(RUN)]
    return pod


def post(operator: OperatorProcess, lab: Lab, token: str, percent: int) -> None:
    """Report until the operator takes it: it may not know the pod yet, or have heard it lately."""

    def missing() -> str | None:
        status, body = operator.post_report(RUN, {**REPORT, "percent": percent}, token)
        return None if status == 202 else f"{status} {body}"

    lab.wait_for("the report to be taken", missing)


def progress_of(lab: Lab, percent: int) -> Object:
    """Wait for a status to say so many percent; return what it says."""
    found: list[Object] = []

    def missing() -> str | None:
        found[:] = [lab.the("trainingrun", RUN)["status"].get("progress") or {}]
        return None if found[0].get("percent") == percent else str(found[0])

    lab.wait_for(f"{percent} percent", missing)
    return found[0]


def test_status_says_what_the_pod_reports_and_ends_complete(
    lab: Lab, reporting: OperatorProcess
) -> None:
    token = token_of(lab, the_pod(lab))

    post(reporting, lab, token, 30)
    first = progress_of(lab, 30)
    post(reporting, lab, token, 60)
    second = progress_of(lab, 60)

    moments = [datetime.fromisoformat(each.pop("reportTime")) for each in (first, second)]
    said = {
        "attempt": 1,
        "step": "Choosing",
        "message": "fit boosting",
        "bestCandidate": "",
        "elapsedSeconds": 0,
    }
    assert (first, second) == ({**said, "percent": 30}, {**said, "percent": 60})
    assert moments[1] - moments[0] >= timedelta(seconds=5)
    header, row = lab.run("get", "trun", RUN).splitlines()
    assert header.split()[:4] == ["NAME", "CAUSE", "STAGE", "PERCENT"]
    assert row.split()[:4] == [RUN, "Demand", "Training", "60"]

    job = lab.wait_job(RUN)
    lab.run("delete", "pod", the_pod(lab)["metadata"]["name"], "--force", "--grace-period=0")
    lab.end_job(job, trained(job))
    lab.end_job(lab.wait_job(RUN), answered())
    assert progress_of(lab, 100)["step"] == "Finished"
    assert "Traceback" not in reporting.log()


def test_nobody_else_reports_for_a_run(lab: Lab, reporting: OperatorProcess) -> None:
    stranger = pod_of(lab.wait_job(RUN))
    stranger["metadata"] |= {"name": "stranger", "ownerReferences": []}
    lab.create(stranger)
    pod = the_pod(lab)

    def refusal(token: str) -> tuple[int, str]:
        status, body = reporting.post_report(RUN, REPORT, token)
        return status, body["error"]

    bad = (401, "the token is not good for reports, or is bound to no pod")
    unknown = (403, f"the pod is not known as one of TrainingRun '{RUN}'")
    unbound = lab.run("create", "token", "default", "--audience=tidewheel.dev/report").strip()
    assert refusal("made.up.token") == bad
    assert refusal(token_of(lab, pod, "https://kubernetes.default.svc")) == bad
    assert refusal(unbound) == bad
    assert refusal(token_of(lab, lab.the("pod", "stranger"))) == unknown
    assert "progress" not in lab.the("trainingrun", RUN)["status"]
