"""A loop on a real API server: what its Jobs report, and how it comes to its next version."""

from typing import Any

from tests.builders import (
    Object,
    digest,
    make_artifact,
    make_dataset,
    make_pipeline,
    make_result,
    make_snapshot,
    make_store,
)
from tests.integration.lab import Lab, conditions

from tidewheel_contracts import labels
from tidewheel_contracts.api.v1alpha1.dataset import Snapshot
from tidewheel_contracts.job import (
    CheckResult,
    CollectResult,
    ProbeResult,
    TrainRequest,
    TrainResult,
)


def collected(snapshot: Snapshot) -> CollectResult:
    """Return what a collection reports."""
    return CollectResult(snapshot=snapshot, source_fingerprint=digest("source"))


def trained(job: Object) -> TrainResult:
    """Return what the program would have reported."""
    text = job["spec"]["template"]["metadata"]["annotations"][labels.REQUEST]
    request = TrainRequest.model_validate_json(text)
    result = make_result(
        training_rows=request.snapshot.labelled_rows, artifact=make_artifact(request.run_uid)
    )
    return TrainResult(result=result)


def answered() -> CheckResult:
    """Return what the serving image reports of a model that it can serve."""
    return CheckResult(rows=200, load_seconds=1.5, answer_milliseconds=2.5)


def start_loop(lab: Lab, **pipeline: Any) -> None:
    """Apply a loop and bring it to its first version, which serves."""
    lab.create(make_store(), make_dataset(refresh={"every_seconds": 10}), make_pipeline(**pipeline))
    lab.end_job(lab.wait_job("flights-"), collected(make_snapshot()))
    lab.wait_ready("dataset", "flights", "SnapshotReady")
    train_and_serve(lab, 1)


def train_and_serve(lab: Lab, number: int) -> None:
    """Let the run in flight end, and its version take over."""
    job = lab.wait_job("flight-delay-")
    lab.end_job(job, trained(job))
    lab.end_job(lab.wait_job("flight-delay-"), answered())
    deployment = f"flight-delay-v{number}"
    lab.wait_for(
        deployment, lambda: None if lab.get("deployment", deployment) else "it is not there yet"
    )
    lab.serve(deployment)
    lab.wait_for(f"version {number} to serve", lambda: serves(lab, number))


def serves(lab: Lab, number: int) -> str | None:
    """Return why a version does not serve yet."""
    status = lab.the("modelpipeline", "flight-delay")["status"]
    ready = conditions(lab.the("modelpipeline", "flight-delay"))["Ready"]
    champion = status.get("championNumber")
    if (champion, ready["reason"]) == (number, "Turning"):
        return None
    return f"{champion} serves, {ready}"


def deliver(lab: Lab, snapshot: Snapshot) -> None:
    """Let a probe tell that the source has changed, and the collection after it this snapshot."""
    lab.end_job(lab.wait_job("flights-"), ProbeResult())
    lab.end_job(lab.wait_job("flights-"), collected(snapshot))
