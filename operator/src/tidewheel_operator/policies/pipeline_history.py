"""Which ended runs and old versions of a pipeline go, so that its history stays within limits.

What the loop must know is in the pipeline's status before anything goes, so pruning forgets
nothing. Only what the pipeline made itself goes, and no version that anybody uses. Objects alone
go; artifacts stay in the store.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from tidewheel_contracts.api.conditions import ConditionStatus
from tidewheel_contracts.api.v1alpha1.model_pipeline import (
    ModelPipelineSpec,
    ModelPipelineStatus,
    Reason,
)
from tidewheel_contracts.api.v1alpha1.run_status import RunCondition
from tidewheel_operator.policies.events import Event
from tidewheel_operator.policies.model_pipeline_view import ModelPipelineView, Run, model_name
from tidewheel_operator.policies.observed import Observed
from tidewheel_operator.policies.pipeline_memory import has_forgotten, is_remembered, with_unbegun
from tidewheel_operator.policies.versions_in_use import Past, Version, versions_in_use

__all__ = ["Pruning", "may_exceed", "pruning"]

Pipeline = Observed[ModelPipelineSpec, ModelPipelineStatus]
Item = TypeVar("Item")

# A limit that was lowered by a thousand is no reason to keep other pipelines waiting.
_MOST_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class Pruning:
    """What goes, oldest first, and the status that must be written before."""

    status: ModelPipelineStatus
    runs: tuple[Run, ...] = ()
    versions: tuple[Version, ...] = ()

    @property
    def uids(self) -> tuple[str, ...]:
        """Return the uids of all that goes."""
        runs = (run.metadata.uid for run in self.runs)
        return (*runs, *(version.metadata.uid for version in self.versions))

    @property
    def events(self) -> tuple[Event, ...]:
        """Return what a person reads about it."""
        said = (
            _event("TrainingRuns", self.runs, "their outcomes are in the pipeline's status"),
            _event("ModelVersions", self.versions, "their artifacts stay in the store"),
        )
        return tuple(event for event in said if event is not None)


def may_exceed(view: ModelPipelineView) -> bool:
    """Tell by counting alone whether a closer look at the past is worth its price."""
    pipeline, history = view.pipeline, view.pipeline.spec.history
    have_failed = [_has_failed(run) for run in view.runs if _is_own_and_ended(pipeline, run)]
    failed, uid = sum(have_failed), pipeline.metadata.uid
    versions = sum(1 for version in view.versions if version.run.pipeline_uid == uid)
    return (
        failed > history.failed_runs
        or len(have_failed) - failed > history.completed_runs
        or versions > history.versions
    )


def pruning(pipeline: Pipeline, past: Past) -> Pruning:
    """Return what goes now; `pipeline` has the status that is about to be written."""
    runs = _excess_runs(pipeline, past)[:_MOST_AT_ONCE]
    versions = _excess_versions(pipeline, past)[: _MOST_AT_ONCE - len(runs)]
    return Pruning(with_unbegun(pipeline.status, runs), runs, versions)


def _excess_runs(pipeline: Pipeline, past: Past) -> tuple[Run, ...]:
    own = sorted((run for run in past.runs if _is_own_and_ended(pipeline, run)), key=_end_of)
    failed = [run for run in own if _has_failed(run)]
    completed = [run for run in own if not _has_failed(run)]
    history, status = pipeline.spec.history, pipeline.status
    beyond = [
        *_all_but_newest(completed, history.completed_runs),
        *_all_but_newest(failed, history.failed_runs),
    ]
    last = status.last_run.name if status.last_run is not None else None
    return tuple(
        run
        for run in sorted(beyond, key=_end_of)
        if run.metadata.name not in (status.active_run_name, last)
        and _may_be_forgotten(status, run)
    )


def _may_be_forgotten(status: ModelPipelineStatus, run: Run) -> bool:
    """A run that never began is remembered when it goes; any other must have been before."""
    has_begun = run.status.attempt > 0
    return not has_begun or is_remembered(status, run) or has_forgotten(status, run)


def _excess_versions(pipeline: Pipeline, past: Past) -> tuple[Version, ...]:
    if not past.is_complete:
        return ()
    model = model_name(pipeline)
    own = sorted(
        (
            version
            for version in past.versions
            if version.spec.model_name == model
            and version.spec.run.pipeline_uid == pipeline.metadata.uid
            and not version.metadata.is_being_deleted
        ),
        key=lambda item: item.spec.number,
    )
    used = versions_in_use(past, model)
    return tuple(
        version
        for version in _all_but_newest(own, pipeline.spec.history.versions)
        if version.metadata.name not in used
    )


def _is_own_and_ended(pipeline: Pipeline, run: Run) -> bool:
    """Tell whether the pipeline opened the run: what a person applied has no such owner."""
    return (
        run.metadata.owner_uid == pipeline.metadata.uid
        and run.status.completion_time is not None
        and not run.metadata.is_being_deleted
    )


def _has_failed(run: Run) -> bool:
    return any(
        item.type == RunCondition.FAILED and item.status == ConditionStatus.TRUE
        for item in run.status.conditions
    )


def _end_of(run: Run) -> tuple[str, str, str]:
    metadata = run.metadata
    return (run.status.completion_time or "", metadata.creation_time, metadata.name)


def _all_but_newest(items: Sequence[Item], count: int) -> Sequence[Item]:
    return items[: max(0, len(items) - count)]


def _event(plural: str, items: Sequence[Observed[Any, Any]], comfort: str) -> Event | None:
    if not items:
        return None
    names = ", ".join(item.metadata.name for item in items)
    message = f"{plural} beyond `spec.history` were deleted, {comfort}: {names}"
    return Event("Normal", Reason.PRUNED, message)
