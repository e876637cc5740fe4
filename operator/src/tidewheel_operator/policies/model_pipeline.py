"""ModelPipeline: opens runs, admits one at a time, remembers what it answered, keeps a deployment.

trigger -> TrainingRun created -> admitted (activeRunName) -> ended -> remembered
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from tidewheel_contracts.api.conditions import Condition, ConditionStatus
from tidewheel_contracts.api.v1alpha1.model_pipeline import (
    ModelPipelineStatus,
    PipelineCondition,
    Reason,
)
from tidewheel_contracts.api.v1alpha1.run_status import Cause
from tidewheel_operator.manifests.model_deployment import model_deployment
from tidewheel_operator.manifests.names import digest_of
from tidewheel_operator.manifests.training_run import run_name, training_run
from tidewheel_operator.policies.conditions import condition, summary
from tidewheel_operator.policies.decision import Decision
from tidewheel_operator.policies.model_pipeline_view import ModelPipelineView, Run, model_name
from tidewheel_operator.policies.pipeline_conditions import health
from tidewheel_operator.policies.pipeline_memory import admitted, remembered
from tidewheel_operator.policies.run_cause import trigger_of
from tidewheel_operator.policies.triggers import (
    Hold,
    Opening,
    growth_percent,
    held_by_limits,
    is_superfluous,
    judge_data,
)

__all__ = ["PipelineDecision", "decide", "opened_run"]

Object = dict[str, Any]
PipelineDecision = Decision[ModelPipelineStatus]


def decide(view: ModelPipelineView, now: datetime) -> PipelineDecision:
    """Return the next step of a pipeline."""
    status = remembered(view)
    step = _next_run(view, status, now)
    after = admitted(status, view, step.admit, now) if step.admit is not None else status
    conditions = (*health(view, after), _triggered(step))
    return _answer(view, after, conditions, now, create=step.create, requeue=step.requeue_seconds)


def opened_run(view: ModelPipelineView, opening: Opening) -> Object:
    """Return the run that an opening asks for; the same cause always gives the same name."""
    metadata = view.pipeline.metadata
    digest = digest_of(f"{metadata.uid}\n{opening.cause}\n{opening.fingerprint}")
    return training_run(
        name=run_name(metadata.name, digest),
        namespace=metadata.namespace,
        pipeline_name=metadata.name,
        pipeline_uid=metadata.uid,
        model_name=model_name(view.pipeline),
        dataset_name=view.pipeline.spec.dataset_name,
        training=view.pipeline.spec.training,
        cause=opening.cause,
        fingerprint=opening.fingerprint,
    )


@dataclass(frozen=True, slots=True)
class _Step:
    reason: Reason
    message: str
    is_wanted: bool = False
    admit: Run | None = None
    create: tuple[Object, ...] = ()
    requeue_seconds: float | None = None


def _next_run(view: ModelPipelineView, status: ModelPipelineStatus, now: datetime) -> _Step:
    if status.active_run_name is not None:
        return _Step(Reason.RUN_OPEN, f"run '{status.active_run_name}' is in flight", True)
    if view.open_runs:
        return _admission(view, status, view.open_runs[0], now)
    verdict = judge_data(_seen_with(view, status), now)
    if isinstance(verdict, Hold):
        return _Step(verdict.reason, verdict.message, requeue_seconds=verdict.seconds)
    run = opened_run(view, verdict)
    if _was_answered(status, verdict) or _has_ended(view, run):
        message = f"run '{run['metadata']['name']}' has answered this cause before"
        return _Step(Reason.NOTHING_NEW, message)
    message = f"run '{run['metadata']['name']}' opens: {verdict.message}"
    return _Step(Reason.OPENED, message, True, create=(run,))


def _admission(
    view: ModelPipelineView, status: ModelPipelineStatus, run: Run, now: datetime
) -> _Step:
    """A person's run is admitted as soon as none is in flight; the others obey the limits."""
    cause = trigger_of(run.metadata).cause
    pipeline = replace(view.pipeline, status=status)
    if is_superfluous(pipeline, view.dataset, cause):
        message = f"run '{run.metadata.name}' has nothing new to learn and ends"
        return _Step(Reason.NOTHING_NEW, message)
    if cause != Cause.DEMAND:
        if view.pipeline.spec.suspend:
            message = f"`spec.suspend` is true; run '{run.metadata.name}' waits"
            return _Step(Reason.SUSPENDED, message, True)
        held = held_by_limits(status, view.pipeline.spec.limits, now)
        if held is not None:
            message = f"run '{run.metadata.name}' waits: {held.message}"
            return _Step(held.reason, message, True, requeue_seconds=held.seconds)
    message = f"run '{run.metadata.name}' is admitted"
    return _Step(Reason.OPENED, message, True, admit=run)


def _was_answered(status: ModelPipelineStatus, opening: Opening) -> bool:
    return any(
        handled.cause == opening.cause and handled.fingerprint == opening.fingerprint
        for handled in status.handled_causes
    )


def _has_ended(view: ModelPipelineView, run: Object) -> bool:
    """Tell whether this run ended before it began: it is remembered only when it goes."""
    uid, name = view.pipeline.metadata.uid, run["metadata"]["name"]
    return any(
        (known.metadata.owner_uid, known.metadata.name) == (uid, name) for known in view.runs
    )


def _seen_with(view: ModelPipelineView, status: ModelPipelineStatus) -> ModelPipelineView:
    """Return the view as it is once `status` is written: what just ended already counts."""
    return replace(view, pipeline=replace(view.pipeline, status=status))


def _triggered(step: _Step) -> Condition:
    status = ConditionStatus.TRUE if step.is_wanted else ConditionStatus.FALSE
    return condition(PipelineCondition.TRIGGERED, step.reason, step.message, status=status)


def _answer(
    view: ModelPipelineView,
    status: ModelPipelineStatus,
    conditions: tuple[Condition, ...],
    now: datetime,
    *,
    create: tuple[Object, ...] = (),
    requeue: float | None = None,
) -> PipelineDecision:
    metadata = view.pipeline.metadata
    serving = view.deployment.status if view.deployment is not None else None
    # A run may go with its version before anybody else has seen the number.
    taken = (run.status.version_number or 0 for run in view.runs)
    highest = max((*taken, *(item.number for item in view.versions)), default=0)
    after = status.model_copy(
        update={
            "observed_generation": metadata.generation,
            "conditions": summary(view.pipeline.status.conditions, metadata, now, conditions),
            "growth_percent": growth_percent(_seen_with(view, status)),
            "last_version_number": max(status.last_version_number, highest),
            "champion_number": serving.champion.number
            if serving is not None and serving.champion is not None
            else None,
            "endpoint": serving.endpoint if serving is not None else None,
        }
    )
    return Decision(status=after, create=create, apply=_deployment(view), requeue_seconds=requeue)


def _deployment(view: ModelPipelineView) -> tuple[Object, ...]:
    spec, metadata = view.pipeline.spec, view.pipeline.metadata
    if spec.deployment is None:
        return ()
    return (
        model_deployment(
            namespace=metadata.namespace,
            pipeline_name=metadata.name,
            pipeline_uid=metadata.uid,
            model_name=model_name(view.pipeline),
            serving=spec.deployment,
        ),
    )
