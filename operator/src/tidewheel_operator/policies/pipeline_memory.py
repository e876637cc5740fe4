"""What a pipeline remembers of its runs, so that pruning a run forgets nothing."""

from collections.abc import Sequence
from datetime import datetime

from tidewheel_contracts.api.v1alpha1.model_pipeline import (
    HandledCause,
    LastRun,
    ModelPipelineStatus,
)
from tidewheel_operator.policies.model_pipeline_view import (
    ModelPipelineView,
    Run,
    recipe_digest_of_run,
    target_digest,
)
from tidewheel_operator.policies.observed import Metadata, from_time, to_time
from tidewheel_operator.policies.run_cause import trigger_of

__all__ = [
    "admitted",
    "has_forgotten",
    "is_active",
    "is_remembered",
    "remembered",
    "with_unbegun",
]

_MOST_CAUSES = 100


def admitted(
    status: ModelPipelineStatus, view: ModelPipelineView, run: Run, now: datetime
) -> ModelPipelineStatus:
    """Return the status in which a run is the one in flight and its cause is answered."""
    trigger, moment = trigger_of(run.metadata), to_time(now)
    snapshot = view.snapshot
    return status.model_copy(
        update={
            "active_run_name": run.metadata.name,
            "last_run": LastRun(
                name=run.metadata.name,
                uid=run.metadata.uid,
                cause=trigger.cause,
                snapshot_digest=snapshot.digest if snapshot is not None else None,
                recipe_digest=recipe_digest_of_run(run),
                target_digest=target_digest(view.dataset),
                labelled_rows=snapshot.labelled_rows if snapshot is not None else 0,
                start_time=moment,
            ),
            "handled_causes": _within_memory((*status.handled_causes, _handled(run, moment))),
        }
    )


def remembered(view: ModelPipelineView) -> ModelPipelineStatus:
    """Return the status with what the run in flight has told by now.

    A run that is gone was deleted by a person: it counts as ended, its cause stays answered.
    """
    status = view.pipeline.status
    if status.active_run_name is None or status.last_run is None:
        return status
    run = next((run for run in view.runs if is_active(status, run.metadata)), None)
    if run is None:
        return status.model_copy(update={"active_run_name": None})
    update: dict[str, object] = {"last_run": _with_facts(status.last_run, run)}
    if run.status.snapshot is not None and run.status.result is not None:
        # Only a verdict makes rows old: what a failed run was to learn is still new.
        update["rows_at_last_run"] = run.status.snapshot.labelled_rows
    if run.status.completion_time is not None:
        update["active_run_name"] = None
    return status.model_copy(update=update)


def is_active(status: ModelPipelineStatus, run: Metadata) -> bool:
    """Tell whether a run is the one in flight; one that came back under its name is another."""
    if status.active_run_name != run.name:
        return False
    return status.last_run is None or status.last_run.uid in (None, run.uid)


def is_remembered(status: ModelPipelineStatus, run: Run) -> bool:
    """Tell whether the cause of a run stays answered when the run goes."""
    return any(handled.run_name == run.metadata.name for handled in status.handled_causes)


def has_forgotten(status: ModelPipelineStatus, run: Run) -> bool:
    """Tell whether a run is older than all that the full memory holds."""
    started, handled = run.status.start_time, status.handled_causes
    if started is None or len(handled) < _MOST_CAUSES:
        return False
    return all(from_time(started) < from_time(item.time) for item in handled if item.began)


def with_unbegun(status: ModelPipelineStatus, runs: Sequence[Run]) -> ModelPipelineStatus:
    """Return the status that also remembers the runs, about to go, that ended before they began."""
    unbegun = tuple(
        _handled(run, run.status.completion_time or run.metadata.creation_time, began=False)
        for run in runs
        if run.status.attempt == 0 and not is_remembered(status, run)
    )
    if not unbegun:
        return status
    handled = _within_memory((*status.handled_causes, *unbegun))
    return status.model_copy(update={"handled_causes": handled})


def _handled(run: Run, moment: str, *, began: bool = True) -> HandledCause:
    trigger = trigger_of(run.metadata)
    return HandledCause(
        cause=trigger.cause,
        fingerprint=trigger.fingerprint or run.metadata.uid,
        run_name=run.metadata.name,
        time=moment,
        began=began,
    )


def _within_memory(causes: tuple[HandledCause, ...]) -> tuple[HandledCause, ...]:
    """Return the newest causes; those that opened nothing make room first."""
    surplus = len(causes) - _MOST_CAUSES
    if surplus <= 0:
        return causes
    unbegun = [index for index, cause in enumerate(causes) if not cause.began]
    begun = [index for index, cause in enumerate(causes) if cause.began]
    dropped = set((*unbegun, *begun)[:surplus])
    return tuple(cause for index, cause in enumerate(causes) if index not in dropped)


def _with_facts(last: LastRun, run: Run) -> LastRun:
    """The run pinned its snapshot itself, maybe a newer one than at its admission."""
    update: dict[str, object] = {}
    if run.status.snapshot is not None:
        update["snapshot_digest"] = run.status.snapshot.digest
        update["labelled_rows"] = run.status.snapshot.labelled_rows
    if run.status.result is not None:
        update["verdict"] = run.status.result.verdict
    return last.model_copy(update=update)
