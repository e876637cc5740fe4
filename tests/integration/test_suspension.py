"""Runs that are suspended and resumed, and runs that wait in a queue, on a real API server."""

import json
from collections.abc import Callable, Iterator

import pytest
from tests.builders import (
    Object,
    make_artifact,
    make_dataset,
    make_result,
    make_run,
    make_snapshot,
    make_store,
)
from tests.integration.conftest import MakeOperator
from tests.integration.lab import Lab, Run, conditions
from tests.integration.loops import answered
from tests.integration.operator_process import OperatorProcess

from tidewheel_contracts.job import CollectResult, SearchResult, TrainResult
from tidewheel_operator.runtime.resources import WORKLOADS

_DEFINITION = f"{WORKLOADS.plural}.{WORKLOADS.group}"
_FULL = "couldn't assign flavors to pod set main: insufficient unused quota for cpu"
_SEARCH = {"trials": 4, "parallelism": 2}
_FOUND = SearchResult(
    trials=4, finished=4, failed=0, pruned=0, best_candidate="boosting", best_score="0.7"
)


@pytest.fixture
def workloads(kubectl: Run) -> Iterator[Callable[[], None]]:
    """Return a function that brings Kueue's Workload, as far as anybody reads it here."""

    def install() -> None:
        names = {"plural": WORKLOADS.plural, "singular": "workload", "kind": WORKLOADS.kind}
        anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
        version = {
            "name": WORKLOADS.version,
            "served": True,
            "storage": True,
            "schema": {"openAPIV3Schema": anything},
            "subresources": {"status": {}},
        }
        spec = {"group": WORKLOADS.group, "scope": "Namespaced", "names": names}
        definition = {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {
                "name": _DEFINITION,
                "annotations": {"api-approved.kubernetes.io": "unapproved, for a test"},
            },
            "spec": {**spec, "versions": [version]},
        }
        kubectl("create", "-f", "-", stdin=json.dumps(definition), check=True)
        kubectl("wait", "--for=condition=Established", f"crd/{_DEFINITION}", check=True)

    yield install
    kubectl("delete", "crd", _DEFINITION, "--ignore-not-found", check=True)


def with_snapshot(lab: Lab) -> None:
    """Give the lab a Dataset with a snapshot."""
    lab.create(make_store(), make_dataset())
    snapshot = CollectResult(snapshot=make_snapshot(), source_fingerprint=make_snapshot().digest)
    lab.end_job(lab.wait_job("flights"), snapshot)
    lab.wait_ready("dataset", "flights", "SnapshotReady")


def suspend(lab: Lab, value: bool) -> None:
    """Let a person suspend or resume the run."""
    lab.patch("trainingrun", "by-hand", {"spec": {"suspend": value}})


def wait_gone(lab: Lab, job: Object) -> None:
    """Wait until a Job is no more."""
    name = job["metadata"]["name"]

    def missing() -> str | None:
        return None if lab.get("job", name) is None else "it is there"

    lab.wait_for(f"the end of Job {name}", missing)


@pytest.mark.usefixtures("operator")
def test_suspended_run_has_no_job_and_goes_on_when_it_is_resumed(lab: Lab) -> None:
    with_snapshot(lab)
    lab.create(make_run(search=_SEARCH, suspend=True))
    lab.wait_ready("trainingrun", "by-hand", "Suspended")
    assert [job for job in lab.list("jobs") if job["metadata"]["name"].startswith("by-hand")] == []

    suspend(lab, value=False)
    first = lab.wait_job("by-hand")
    lab.wait_ready("trainingrun", "by-hand", "Searching")
    suspend(lab, value=True)
    wait_gone(lab, first)
    run = lab.wait_ready("trainingrun", "by-hand", "Suspended")
    assert conditions(run)["Suspended"]["message"] == (
        "`spec.suspend` is true: when it is false, the search goes on with the trials that are in "
        "the store"
    )
    assert (run["status"]["stage"], run["status"]["suspensions"]) == ("Suspended", 1)

    suspend(lab, value=False)
    lab.end_job(lab.wait_job("by-hand"), _FOUND)
    lab.wait_ready("trainingrun", "by-hand", "Training")
    lab.end_job(lab.wait_job("by-hand"), TrainResult(result=make_result(artifact=make_artifact())))
    lab.end_job(lab.wait_job("by-hand"), answered())

    run = lab.wait_ready("trainingrun", "by-hand", "Registered")
    assert "Suspended" not in conditions(run)
    assert run["status"].get("failedAttempts", []) == []


def test_run_that_is_resumed_before_its_job_went_keeps_the_job_and_counts_no_suspension(
    lab: Lab, operator: OperatorProcess
) -> None:
    with_snapshot(lab)
    lab.create(make_run())
    job = lab.wait_job("by-hand")
    lab.wait_ready("trainingrun", "by-hand", "Training")

    operator.kill()
    # As an operator leaves it that dies between the status and the deletion of the Job.
    told = {"jobName": None, "suspensions": 1, "stage": "Suspended"}
    lab.patch("trainingrun", "by-hand", {"status": told}, "status")
    operator.start_ready()

    def missing() -> str | None:
        status = lab.the("trainingrun", "by-hand")["status"]
        found = (status.get("jobName"), status["suspensions"], status["stage"])
        return None if found == (job["metadata"]["name"], 0, "Training") else f"{found}"

    lab.wait_for("the run to go on with its Job", missing)
    assert lab.the("job", job["metadata"]["name"])["metadata"]["uid"] == job["metadata"]["uid"]
    assert lab.the("trainingrun", "by-hand")["status"]["failedAttempts"] == []


def test_queued_run_says_what_kueue_says_also_when_kueue_comes_later(
    lab: Lab, make_operator: MakeOperator, workloads: Callable[[], None]
) -> None:
    operator: OperatorProcess = make_operator(TIDEWHEEL_KUEUE="true")
    operator.start_ready()
    with_snapshot(lab)
    lab.create(make_run(queue_name="team-a"))
    job = lab.wait_job("by-hand")
    run = lab.wait_ready("trainingrun", "by-hand", "Queued")
    assert conditions(run)["Ready"]["message"] == (
        "the Job waits in LocalQueue 'team-a' until Kueue starts it; Kueue has said nothing of it "
        "yet; without Kueue it waits for ever"
    )
    assert (run["status"]["stage"], job["spec"]["suspend"]) == ("Queued", True)

    workloads()
    lab.run("create", "-f", "-", stdin=json.dumps(_workload(job)))
    pending = {"type": "QuotaReserved", "status": "False", "reason": "Pending", "message": _FULL}
    lab.patch("workloads.kueue.x-k8s.io", "job-a", {"status": {"conditions": [pending]}}, "status")

    def missing() -> str | None:
        said = conditions(lab.get("trainingrun", "by-hand"))["Ready"]["message"]
        return None if said == f"the Job waits in LocalQueue 'team-a': {_FULL}" else f"says {said}"

    lab.wait_for("the run to quote Kueue", missing, seconds=60)

    lab.patch("job", job["metadata"]["name"], {"spec": {"suspend": False}})
    lab.wait_ready("trainingrun", "by-hand", "Training")


def _workload(job: Object) -> Object:
    metadata = job["metadata"]
    owner = {"apiVersion": "batch/v1", "kind": "Job", "name": metadata["name"]}
    return {
        "apiVersion": WORKLOADS.api_version,
        "kind": WORKLOADS.kind,
        "metadata": {
            "name": "job-a",
            "ownerReferences": [{**owner, "uid": metadata["uid"], "controller": True}],
        },
        "spec": {"queueName": "team-a", "active": True},
    }
