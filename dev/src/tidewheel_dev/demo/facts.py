"""What the steps wait for, as questions to a state: each answers with the reason or with None."""

from __future__ import annotations

from tidewheel_contracts.api.v1alpha1.run_status import Cause, RunCondition
from tidewheel_dev.demo.context import DATASET_NAME, MODEL, PIPELINE_NAME
from tidewheel_dev.demo.state import Run, State
from tidewheel_dev.demo.watch import HopelessError

__all__ = [
    "run_has_ended",
    "run_with_cause",
    "snapshot_has_rows",
    "triggered_says",
    "version_serves",
]


def snapshot_has_rows(state: State, labelled_rows: int) -> str | None:
    """The newest snapshot holds exactly these labelled rows."""
    dataset = state.dataset(DATASET_NAME)
    if dataset is None:
        return f"there is no Dataset '{DATASET_NAME}'"
    snapshot = dataset.status.snapshot
    if snapshot is None:
        return dataset.told()
    if snapshot.labelled_rows != labelled_rows:
        return f"the snapshot has {snapshot.labelled_rows} labelled rows, not {labelled_rows}"
    return None


def run_with_cause(state: State, cause: Cause) -> Run | None:
    """Return the newest run that was opened for this cause."""
    found = [run for run in state.runs if run.status.trigger and run.status.trigger.cause == cause]
    return found[-1] if found else None


def run_has_ended(state: State, cause: Cause) -> str | None:
    """The run of this cause has a verdict.

    Raises:
        HopelessError: it ended without one.
    """
    run = run_with_cause(state, cause)
    if run is None:
        pipeline = state.pipeline(PIPELINE_NAME)
        told = pipeline.told() if pipeline is not None else "its pipeline does not exist"
        return f"there is no run with cause {cause} yet; {told}"
    if run.is_true(RunCondition.FAILED):
        raise HopelessError(f"a run ended without a verdict: {run.told()}")
    if not run.is_true(RunCondition.COMPLETE):
        return run.told()
    if run.status.version_name is None:
        raise HopelessError(f"a run ended without a version: {run.told()}")
    return None


def version_serves(state: State, number: int) -> str | None:
    """This version is the champion, and all pods that were asked for answer."""
    deployment = state.deployment(MODEL)
    if deployment is None:
        return f"there is no ModelDeployment '{MODEL}' yet"
    champion = deployment.status.champion
    if champion is None or champion.number != number or not deployment.is_true("Ready"):
        return deployment.told()
    return None


def triggered_says(state: State, reason: str) -> str | None:
    """The pipeline's condition Triggered gives this reason."""
    pipeline = state.pipeline(PIPELINE_NAME)
    if pipeline is None:
        return f"there is no ModelPipeline '{PIPELINE_NAME}'"
    found = pipeline.condition("Triggered")
    if found is None or found.reason != reason:
        said = "nothing" if found is None else f"{found.reason}: {found.message}"
        return f"Triggered should say {reason}; it says {said}"
    return None
