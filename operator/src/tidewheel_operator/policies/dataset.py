"""Dataset: when its source is looked at, when old snapshots go, and what is said meanwhile.

    due -> Job of round n+1 -> ended -> recorded in status (collections = n+1) -> Job deleted

A round is a number in status; the Job's name is made of it, so that a crash anywhere in this line
repeats nothing. A round is a probe, a collection or a removal of old snapshots; a probe that finds
the source changed leaves word in status that a collection follows at once.
"""

from dataclasses import replace
from datetime import datetime
from enum import Enum
from typing import Any

from tidewheel_contracts.api.conditions import Condition, ConditionType
from tidewheel_contracts.api.v1alpha1.dataset import DatasetStatus, NextLook, Reason
from tidewheel_operator.policies import settled
from tidewheel_operator.policies.conditions import condition, stalled, summary, working
from tidewheel_operator.policies.dataset_jobs import has_news, look_job, prune_job, request_kind
from tidewheel_operator.policies.dataset_record import lasting, record
from tidewheel_operator.policies.dataset_view import (
    Dataset,
    DatasetDecision,
    DatasetView,
    settle,
)
from tidewheel_operator.policies.decision import Decision
from tidewheel_operator.policies.elapsed import seconds_left
from tidewheel_operator.policies.events import Event
from tidewheel_operator.policies.job_state import Running, job_state, round_of
from tidewheel_operator.policies.observed import Metadata, to_time

__all__ = ["DatasetView", "block", "decide", "due_in", "is_prune_next", "prune_due_in"]

Object = dict[str, Any]

_DAY_SECONDS = 86_400
# Young snapshots go at most so many times while they come of age.
_PRUNES_PER_AGE = 10
# The request lies in an annotation, which holds 256 KiB; a digest takes 74 bytes of it.
_MOST_IN_USE = 2500


class _Step(Enum):
    FOLLOW = "follow"  # a Job is at work, or has ended
    STORELESS = "storeless"
    PRUNE = "prune"
    LOOK = "look"
    WAIT = "wait"


def decide(view: DatasetView, now: datetime) -> DatasetDecision:
    """Return the next step of a Dataset."""
    view = _hearing(view)
    status = view.dataset.status
    match _step(view, now):
        case _Step.FOLLOW:
            assert view.current is not None  # noqa: S101 - that is what the step says
            return _follow(view, view.current, now)
        case _Step.STORELESS:
            message = "the namespace needs an ArtifactStore named 'default'"
            return settle(view, now, stalled(Reason.STORE_MISSING, message))
        case _Step.PRUNE if len(view.snapshots_in_use) > _MOST_IN_USE:
            return _give_up_pruning(view, now)
        case _Step.PRUNE:
            return settle(view, now, lasting(status), create=(prune_job(view),))
        case _Step.LOOK:
            conditions = _while_at_work(view, None, "CollectRequest")
            return settle(view, now, conditions, create=(look_job(view),))
        case _Step.WAIT:
            prune_wait = prune_due_in(view.dataset, now)
            waits = [due_in(view.dataset, now)] + ([] if prune_wait is None else [prune_wait])
            return settle(view, now, lasting(status), requeue=min(waits))


def block(
    metadata: Metadata, status: DatasetStatus, reason: str, message: str, now: datetime
) -> DatasetDecision:
    """Return the decision that says what keeps the operator from acting; it tries again.

    What the last look said stays true.
    """
    blocked = settled.block(metadata, status, reason, message, now)
    if status.last_attempt_time is None or status.collected_generation != metadata.generation:
        return blocked
    wanted = (*lasting(status), condition(ConditionType.RECONCILING, reason, message))
    conditions = summary(status.conditions, metadata, now, wanted)
    return replace(blocked, status=blocked.status.model_copy(update={"conditions": conditions}))


def is_prune_next(view: DatasetView, now: datetime) -> bool:
    """Tell whether old snapshots are removed next, so that it must be known which are in use."""
    return _step(_hearing(view), now) is _Step.PRUNE


def _step(view: DatasetView, now: datetime) -> _Step:
    if view.current is not None:
        return _Step.FOLLOW
    if view.store is None:
        return _Step.STORELESS
    # Seldom due, so it goes first: it would never have its turn beside a source in constant flow.
    if prune_due_in(view.dataset, now) == 0.0:
        return _Step.PRUNE
    return _Step.LOOK if due_in(view.dataset, now) <= 0 else _Step.WAIT


def due_in(dataset: Dataset, now: datetime) -> float:
    """Return the seconds until the source is to be looked at again; 0 when that is now."""
    status = dataset.status
    if (
        status.last_attempt_time is None
        or status.next_look is not None
        or status.collected_generation != dataset.metadata.generation
    ):
        return 0.0
    return seconds_left(status.last_attempt_time, dataset.spec.refresh.every_seconds, now)


def prune_due_in(dataset: Dataset, now: datetime) -> float | None:
    """Return the seconds until old snapshots are removed; None while there are not enough.

    Once a day, because what was in use may be free by then; and more often while new snapshots come
    and old ones come of age.
    """
    status, retention = dataset.status, dataset.spec.retention
    if status.snapshot is None or status.snapshots <= retention.snapshots:
        return None
    if status.last_prune_time is None:
        return seconds_left(dataset.metadata.creation_time, retention.minimum_age_seconds, now)
    wait = _DAY_SECONDS
    if status.snapshots > status.pruned_snapshots:
        wait = min(wait, retention.minimum_age_seconds // _PRUNES_PER_AGE)
    return seconds_left(status.last_prune_time, wait, now)


def _hearing(view: DatasetView) -> DatasetView:
    """Return the view with the news that came after a Job was recorded and before it was gone."""
    status = view.dataset.status
    is_late = any(has_news(job) and round_of(job) == status.collections for job in view.recorded)
    if not is_late or status.next_look is not None:
        return view
    heard = status.model_copy(update={"next_look": NextLook.PROBE})
    return replace(view, dataset=replace(view.dataset, status=heard))


def _follow(view: DatasetView, job: Object, now: datetime) -> DatasetDecision:
    state = job_state(job, view.pods.get(job["metadata"]["uid"], ()))
    if isinstance(state, Running) and state.is_ending:
        return Decision(status=view.dataset.status, delete=view.recorded)
    if isinstance(state, Running):
        return settle(view, now, _while_at_work(view, state, request_kind(job)))
    return record(view, job, state, now)


def _while_at_work(view: DatasetView, state: Running | None, kind: str) -> tuple[Condition, ...]:
    """What the last look said stays true while the same source is looked at again."""
    problem, status = state.problem if state is not None else None, view.dataset.status
    is_first = status.last_attempt_time is None
    if is_first or status.collected_generation != view.dataset.metadata.generation:
        if problem is not None:
            return stalled(problem.reason, problem.message)
        source = "the first snapshot" if is_first else "a snapshot for the changed spec"
        return working(Reason.COLLECTING, f"{source} is being made")
    if problem is None:
        return lasting(status)
    is_prune = kind == "PruneRequest"
    what = "old snapshots cannot be removed" if is_prune else "the source cannot be looked at again"
    message = f"{what} yet: {problem.message}"
    return (*lasting(status), condition(ConditionType.RECONCILING, problem.reason, message))


def _give_up_pruning(view: DatasetView, now: datetime) -> DatasetDecision:
    """Say that too much is in use to name it all; it is tried again in a day."""
    status = view.dataset.status
    message = (
        f"no old snapshots are removed: runs and versions point at {len(view.snapshots_in_use)} "
        f"of them, and at most {_MOST_IN_USE} can be told to the Job; delete TrainingRuns and "
        "ModelVersions that nobody needs"
    )
    update = {"pruned_snapshots": status.snapshots, "last_prune_time": to_time(now)}
    return settle(
        view,
        now,
        lasting(status),
        status=status.model_copy(update=update),
        events=(Event("Warning", "PruneSkipped", message),),
        requeue=due_in(view.dataset, now) or None,
    )
