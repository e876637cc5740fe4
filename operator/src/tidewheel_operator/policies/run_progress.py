"""What a run's status says of what its Job reported: seldom enough, and never backwards."""

from dataclasses import replace
from datetime import datetime, timedelta

from tidewheel_contracts.api.v1alpha1.run_progress import RunProgress
from tidewheel_contracts.api.v1alpha1.run_status import Stage, TrainingRunStatus
from tidewheel_contracts.report import REPORT_SECONDS
from tidewheel_operator.policies.job_state import round_of
from tidewheel_operator.policies.observed import from_time, to_time
from tidewheel_operator.policies.reported import Told
from tidewheel_operator.policies.training_job import is_search
from tidewheel_operator.policies.training_run_view import RunDecision, TrainingRunView

__all__ = ["with_progress"]

# Times in a status are whole seconds, so the last write may be a second later than it says.
_BETWEEN_WRITES = timedelta(seconds=REPORT_SECONDS + 1)
# Parts of the whole run: the trials of a search, and the Job that judges the best of them.
_WHOLE, _TRIALS, _JUDGING = (0, 100), (0, 80), (80, 100)


def with_progress(view: TrainingRunView, decision: RunDecision, now: datetime) -> RunDecision:
    """Return the decision with what the Job of the run last told.

    A write that was made less than five seconds ago puts it off.
    """
    status, before = decision.status, view.run.status.progress
    if status.completion_time is not None:
        return replace(decision, status=_ended(status))
    if status.stage is Stage.SUSPENDED:
        return replace(decision, status=_at_rest(status, {}))
    told = view.told
    if told is None or decision.create or told.attempt != status.attempt:
        return decision
    progress = _progress(view, told, now)
    if before is not None:
        if progress == before.model_copy(update={"report_time": progress.report_time}):
            return decision
        left = (from_time(before.report_time) + _BETWEEN_WRITES - now).total_seconds()
        if left > 0:
            asked = decision.requeue_seconds
            return replace(decision, requeue_seconds=left if asked is None else min(asked, left))
    return replace(decision, status=status.model_copy(update={"progress": progress}))


def _progress(view: TrainingRunView, told: Told, now: datetime) -> RunProgress:
    before, report = view.run.status.progress, told.report
    first, last = _part(view, told)
    # Only the end of the run is 100.
    percent = min(99, first + report.percent * (last - first) // 100)
    if before is not None and before.attempt == told.attempt:
        percent = max(percent, before.percent)
    return RunProgress.model_validate(
        {
            **report.model_dump(exclude={"kind", "percent"}),
            **_told_by_the_search(view, told),
            "percent": percent,
            "attempt": told.attempt,
            "report_time": to_time(now),
        }
    )


def _told_by_the_search(view: TrainingRunView, told: Told) -> dict[str, object]:
    """Return what the trials came to: the Job that judges may end before it says it again."""
    before = view.run.status.progress
    if before is None or before.trials is None or told.report.trials is not None:
        return {}
    if _part(view, told) != _JUDGING:
        return {}
    return {
        "trials": before.trials.model_copy(update={"running": 0}),
        "best_candidate": before.best_candidate,
        "best_score": before.best_score,
        "curve": told.report.curve or before.curve,
    }


def _part(view: TrainingRunView, told: Told) -> tuple[int, int]:
    if view.run.spec.search is None:
        return _WHOLE
    runs_trials = any(is_search(job) for job in view.jobs if round_of(job) == told.attempt)
    return _TRIALS if runs_trials else _JUDGING


def _ended(status: TrainingRunStatus) -> TrainingRunStatus:
    """Return the status of an ended run: 100 with a verdict, where it was without one."""
    if status.result is None:
        return _at_rest(status, {})
    return _at_rest(status, {"percent": 100, "step": "Finished", "message": ""})


def _at_rest(status: TrainingRunStatus, told: dict[str, object]) -> TrainingRunStatus:
    """Return the status of a run that no Job works for: nothing runs, and no end is in sight."""
    progress = status.progress
    if progress is None:
        return status
    changes = {**told, "remaining_seconds": None}
    if progress.trials is not None:
        changes["trials"] = progress.trials.model_copy(update={"running": 0})
    return status.model_copy(update={"progress": progress.model_copy(update=changes)})
