"""What opens a run, and what holds it back. The one place that decides it, for every cause.

The limits and the growth rule follow the measured default of the retraining study: new labelled
rows since the last run, in percent of the rows that the champion learned.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from tidewheel_contracts.api.v1alpha1.dataset import DatasetSpec, DatasetStatus, Snapshot
from tidewheel_contracts.api.v1alpha1.model_pipeline import (
    AlertAction,
    DataAction,
    LastRun,
    Limits,
    ModelPipelineSpec,
    ModelPipelineStatus,
    Reason,
)
from tidewheel_contracts.api.v1alpha1.model_version import ModelVersionSpec
from tidewheel_contracts.api.v1alpha1.run_status import Cause
from tidewheel_operator.manifests.names import digest_of
from tidewheel_operator.policies.elapsed import seconds_left
from tidewheel_operator.policies.model_pipeline_view import (
    ModelPipelineView,
    recipe_digest,
    target_digest,
)
from tidewheel_operator.policies.observed import Observed, from_time, to_time

__all__ = [
    "Hold",
    "Opening",
    "champion_version",
    "growth_percent",
    "held_by_limits",
    "is_superfluous",
    "judge_alert",
    "judge_data",
    "nothing_new",
]

Pipeline = Observed[ModelPipelineSpec, ModelPipelineStatus]
Dataset = Observed[DatasetSpec, DatasetStatus]

_DAY_SECONDS = 86_400.0
_PERCENT = 100


@dataclass(frozen=True, slots=True)
class Opening:
    """A run is to be opened."""

    cause: Cause
    fingerprint: str
    message: str


@dataclass(frozen=True, slots=True)
class Hold:
    """No run is opened; the reason is for a person to read."""

    reason: Reason
    message: str
    seconds: float | None = None


def champion_version(view: ModelPipelineView) -> ModelVersionSpec | None:
    """Return the version that serves, or the newest one before any serves."""
    status = view.deployment.status if view.deployment is not None else None
    if status is not None and status.champion is not None:
        number = status.champion.number
        serving = next((item for item in view.versions if item.number == number), None)
        if serving is not None:
            return serving
    return max(view.versions, key=lambda item: item.number, default=None)


def growth_percent(view: ModelPipelineView) -> int | None:
    """Return new labelled rows in percent of the champion's; nothing before there is a champion.

    Counted from the last run, not from the last promotion: else a refused run repeats for ever.
    """
    champion, snapshot = champion_version(view), view.snapshot
    if champion is None or snapshot is None or champion.training_rows == 0:
        return None
    new_rows = max(0, snapshot.labelled_rows - view.pipeline.status.rows_at_last_run)
    return new_rows * _PERCENT // champion.training_rows


def nothing_new(pipeline: Pipeline, dataset: Dataset | None) -> bool:
    """Tell whether a run would learn the same rows, target and recipe as the last one.

    What an earlier release remembers has no digest of the target; it is taken for the same, or
    every pipeline would open a run once more.
    """
    last, snapshot = pipeline.status.last_run, _snapshot(dataset)
    return (
        last is not None
        and snapshot is not None
        and last.snapshot_digest == snapshot.digest
        and last.recipe_digest == recipe_digest(pipeline)
        and last.target_digest in (None, target_digest(dataset))
    )


def is_superfluous(pipeline: Pipeline, dataset: Dataset | None, cause: Cause) -> bool:
    """Tell whether a queued run has nothing to learn; a person's run is never asked about."""
    return (
        cause != Cause.DEMAND
        and pipeline.status.active_run_name is None
        and nothing_new(pipeline, dataset)
    )


def judge_data(view: ModelPipelineView, now: datetime) -> Opening | Hold:
    """Return whether the data as it is now opens a run."""
    snapshot = view.snapshot
    if snapshot is None:
        return Hold(Reason.WAITING_FOR_DATA, "the Dataset has no snapshot yet")
    if nothing_new(view.pipeline, view.dataset):
        return Hold(Reason.NOTHING_NEW, _learned(view.pipeline.status.last_run))
    growth = growth_percent(view)
    if growth is None:
        message = f"the first model learns {snapshot.labelled_rows} labelled rows"
        return _unless_held(view, now, Cause.INITIAL, snapshot.digest, message)
    trigger = view.pipeline.spec.triggers.on_new_data
    counts = f"labelled rows grew by {growth} %, the limit is {trigger.growth_percent} %"
    if trigger.action == DataAction.IGNORE:
        return Hold(Reason.NEW_DATA_IGNORED, f"`triggers.onNewData.action` is Ignore; {counts}")
    if growth < trigger.growth_percent:
        return Hold(Reason.BELOW_GROWTH, counts)
    if trigger.action == DataAction.WARN:
        return Hold(Reason.WARNING, counts)
    return _unless_held(view, now, Cause.NEW_DATA, snapshot.digest, counts)


def judge_alert(view: ModelPipelineView, fingerprint: str) -> Opening | Hold:
    """Return whether an alert opens a run; limits hold it back in the queue, not at the door."""
    if view.pipeline.spec.triggers.on_alert == AlertAction.IGNORE:
        return Hold(Reason.ALERTS_IGNORED, "`triggers.onAlert` is Ignore")
    snapshot = view.snapshot
    if snapshot is None:
        return Hold(Reason.WAITING_FOR_DATA, "the Dataset has no snapshot yet")
    if nothing_new(view.pipeline, view.dataset):
        return Hold(Reason.NOTHING_NEW, _learned(view.pipeline.status.last_run))
    return Opening(Cause.ALERT, fingerprint, "an alert asks for a new model")


def held_by_limits(status: ModelPipelineStatus, limits: Limits, now: datetime) -> Hold | None:
    """Return what the limits hold back now; a run that a person applied is not asked about."""
    if status.last_run is not None:
        started = status.last_run.start_time
        seconds = seconds_left(started, limits.cooldown_seconds, now)
        if seconds > 0:
            ends = from_time(started) + timedelta(seconds=limits.cooldown_seconds)
            # The moment, not what is left of it: words that change are a write at every look.
            return Hold(Reason.COOLDOWN, f"the cooldown ends at {to_time(ends)}", seconds)
    waits = [
        seconds_left(handled.time, _DAY_SECONDS, now)
        for handled in status.handled_causes
        if handled.began and handled.cause != Cause.DEMAND
    ]
    recent = [seconds for seconds in waits if seconds > 0]
    if len(recent) >= limits.runs_per_day:
        message = f"{len(recent)} runs opened within 24 hours, `limits.runsPerDay` allows no more"
        return Hold(Reason.RUNS_PER_DAY, message, min(recent))
    return None


def _unless_held(
    view: ModelPipelineView, now: datetime, cause: Cause, snapshot_digest: str, message: str
) -> Opening | Hold:
    if view.pipeline.spec.suspend:
        return Hold(Reason.SUSPENDED, f"`spec.suspend` is true; otherwise: {message}")
    held = held_by_limits(view.pipeline.status, view.pipeline.spec.limits, now)
    if held is not None:
        return held
    parts = (snapshot_digest, recipe_digest(view.pipeline), target_digest(view.dataset) or "")
    fingerprint = digest_of("\n".join(parts))
    return Opening(cause, fingerprint, message)


def _snapshot(dataset: Dataset | None) -> Snapshot | None:
    return dataset.status.snapshot if dataset is not None else None


def _learned(last: LastRun | None) -> str:
    if last is None:
        return ""
    if last.verdict is None:
        return (
            f"run '{last.name}' ended without a verdict on this snapshot by this recipe; change "
            "the recipe or the Dataset's target, deliver data, or apply a TrainingRun"
        )
    return f"run '{last.name}' has learned this snapshot by this recipe"
