"""What a pipeline remembers of its runs, so that pruning a run forgets nothing."""

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
)
from tidewheel_operator.policies.observed import to_time
from tidewheel_operator.policies.run_cause import trigger_of

__all__ = ["admitted", "remembered"]

_MOST_CAUSES = 100


def admitted(
    status: ModelPipelineStatus, view: ModelPipelineView, run: Run, now: datetime
) -> ModelPipelineStatus:
    """Return the status in which a run is the one in flight and its cause is answered."""
    trigger, moment = trigger_of(run.metadata), to_time(now)
    snapshot = view.snapshot
    handled = HandledCause(
        cause=trigger.cause,
        fingerprint=trigger.fingerprint or run.metadata.uid,
        run_name=run.metadata.name,
        time=moment,
    )
    return status.model_copy(
        update={
            "active_run_name": run.metadata.name,
            "last_run": LastRun(
                name=run.metadata.name,
                cause=trigger.cause,
                snapshot_digest=snapshot.digest if snapshot is not None else None,
                recipe_digest=recipe_digest_of_run(run),
                labelled_rows=snapshot.labelled_rows if snapshot is not None else 0,
                start_time=moment,
            ),
            "handled_causes": (*status.handled_causes, handled)[-_MOST_CAUSES:],
        }
    )


def remembered(view: ModelPipelineView) -> ModelPipelineStatus:
    """Return the status with what the run in flight has told by now.

    A run that is gone was deleted by a person: it counts as ended, its cause stays answered.
    """
    status = view.pipeline.status
    if status.active_run_name is None or status.last_run is None:
        return status
    run = next((run for run in view.runs if run.metadata.name == status.active_run_name), None)
    if run is None:
        return status.model_copy(update={"active_run_name": None})
    update: dict[str, object] = {"last_run": _with_facts(status.last_run, run)}
    if run.status.snapshot is not None and run.status.result is not None:
        # Only a verdict makes rows old: what a failed run was to learn is still new.
        update["rows_at_last_run"] = run.status.snapshot.labelled_rows
    if run.status.completion_time is not None:
        update["active_run_name"] = None
    return status.model_copy(update=update)


def _with_facts(last: LastRun, run: Run) -> LastRun:
    """The run pinned its snapshot itself, maybe a newer one than at its admission."""
    update: dict[str, object] = {}
    if run.status.snapshot is not None:
        update["snapshot_digest"] = run.status.snapshot.digest
        update["labelled_rows"] = run.status.snapshot.labelled_rows
    if run.status.result is not None:
        update["verdict"] = run.status.result.verdict
    return last.model_copy(update=update)
