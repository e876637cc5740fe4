"""From one alert to at most one run: which pipeline it names, and what is done about it."""

from dataclasses import dataclass

from tidewheel_contracts import labels
from tidewheel_contracts.api.v1alpha1.model_pipeline import ModelPipelineSpec, ModelPipelineStatus
from tidewheel_contracts.api.v1alpha1.run_status import Cause
from tidewheel_operator.manifests.names import digest_of
from tidewheel_operator.policies.events import Event
from tidewheel_operator.policies.model_pipeline import opened_run
from tidewheel_operator.policies.model_pipeline_view import ModelPipelineView, Run, model_name
from tidewheel_operator.policies.run_cause import coalesced_alerts, trigger_of
from tidewheel_operator.policies.triggers import Hold, judge_alert
from tidewheel_operator.reconcile import observe
from tidewheel_operator.reconcile.carry_out import is_same_child
from tidewheel_operator.reconcile.confirm import knew
from tidewheel_operator.reconcile.model_pipeline import pipeline_view
from tidewheel_operator.reconcile.post_event import post_event
from tidewheel_operator.reconcile.world import World
from tidewheel_operator.runtime.api import ApiUnavailableError, Found
from tidewheel_operator.runtime.resources import MODEL_PIPELINES, TRAINING_RUNS
from tidewheel_operator.web.alert_confirm import knew_all_pipelines, knew_what_was_judged
from tidewheel_operator.web.alert_payload import Alert

__all__ = ["AlertOutcome", "RunRefusedError", "open_run"]

_MOST_LOOKS = 5


class RunRefusedError(Exception):
    """The API server refuses the run that an alert asks for."""


@dataclass(frozen=True, slots=True)
class AlertOutcome:
    """What became of an alert, for the answer and the metric."""

    fingerprint: str
    outcome: str
    message: str
    run: str = ""


async def open_run(world: World, namespace: str, group_key: str, alert: Alert) -> AlertOutcome:
    """Create the run that an alert asks for, or say why there is none.

    Raises:
        ApiUnavailableError: the API server did not answer; the alert must come again.
        RunRefusedError: the API server refused the run.
    """
    if alert.status == "resolved":
        return AlertOutcome(alert.fingerprint, "Resolved", "a resolved alert opens no run")
    for _ in range(_MOST_LOOKS):
        outcome = await _answer(world, namespace, group_key, alert)
        if outcome is not None:
            return outcome
    raise ApiUnavailableError("what the alert is about changes too often to be judged")


async def _answer(
    world: World, namespace: str, group_key: str, alert: Alert
) -> AlertOutcome | None:
    """Answer by what is known; nothing when that was out of date and is better known now."""
    view = _target(world, namespace, alert)
    if view is None:
        is_for_one = not alert.labels.keys().isdisjoint(("pipeline", "model"))
        if is_for_one and not await knew_all_pipelines(world, namespace):
            return None
        message = "no label `pipeline` or `model` names a ModelPipeline of this namespace"
        return AlertOutcome(alert.fingerprint, "NotOurs", message)
    fingerprint = digest_of(f"{group_key}\n{alert.fingerprint}\n{alert.startsAt}")
    known = _known_run(view, fingerprint)
    if known is not None:
        return AlertOutcome(alert.fingerprint, "Duplicate", "this alert has its run", known)
    queued = _queued_run(view)
    if queued is not None:
        return await _coalesce(world, alert, queued)
    verdict = judge_alert(view, fingerprint)
    if isinstance(verdict, Hold):
        if not await knew_what_was_judged(world, view):
            return None
        await _tell(world, view, verdict)
        return AlertOutcome(alert.fingerprint, verdict.reason, verdict.message)
    return await _create(world, alert, opened_run(view, verdict))


def _target(world: World, namespace: str, alert: Alert) -> ModelPipelineView | None:
    pipelines = observe.readable_all(
        world, MODEL_PIPELINES, namespace, ModelPipelineSpec, ModelPipelineStatus
    )
    by_name, by_model = alert.labels.get("pipeline"), alert.labels.get("model")
    for pipeline in pipelines:
        if pipeline.metadata.is_being_deleted:
            continue
        if by_name is not None and pipeline.metadata.name == by_name:
            return pipeline_view(world, pipeline)
        if by_name is None and by_model is not None and model_name(pipeline) == by_model:
            return pipeline_view(world, pipeline)
    return None


def _known_run(view: ModelPipelineView, fingerprint: str) -> str | None:
    for run in view.runs:
        if trigger_of(run.metadata).fingerprint == fingerprint:
            return run.metadata.name
    for handled in view.pipeline.status.handled_causes:
        if handled.fingerprint == fingerprint:
            return handled.run_name
    return None


def _queued_run(view: ModelPipelineView) -> Run | None:
    return next(
        (
            run
            for run in view.open_runs
            if trigger_of(run.metadata).cause == Cause.ALERT
            and run.status.attempt == 0
            and run.metadata.name != view.pipeline.status.active_run_name
        ),
        None,
    )


async def _coalesce(world: World, alert: Alert, queued: Run) -> AlertOutcome | None:
    """Count the alert on the run itself: any replica may get the next one."""
    metadata = queued.metadata
    item = world.cache.get(TRAINING_RUNS, metadata.namespace, metadata.name)
    if item is None:
        return None
    count = max(coalesced_alerts(metadata), queued.status.coalesced_alerts) + 1
    outcome = await world.api.annotate(TRAINING_RUNS, item, {labels.COALESCED: str(count)})
    if isinstance(outcome, Found):
        world.cache.put(TRAINING_RUNS, outcome.object)
        message = "a run for an earlier alert is still queued"
        return AlertOutcome(alert.fingerprint, "Coalesced", message, metadata.name)
    if not (outcome.is_conflict or outcome.is_missing):
        raise RunRefusedError(f"the API server refused to count the alert: {outcome.message}")
    await knew(world, TRAINING_RUNS, metadata.namespace, metadata.name)
    return None


async def _create(world: World, alert: Alert, manifest: dict[str, object]) -> AlertOutcome:
    metadata = manifest["metadata"]
    assert isinstance(metadata, dict)  # noqa: S101 - built by us
    outcome = await world.api.create(TRAINING_RUNS, manifest)
    if isinstance(outcome, Found):
        world.cache.put(TRAINING_RUNS, outcome.object)
        return AlertOutcome(alert.fingerprint, "Opened", "a run is queued", metadata["name"])
    if not outcome.is_conflict:
        raise RunRefusedError(f"the API server refused the run: {outcome.message}")
    live = await world.api.get(TRAINING_RUNS, metadata["namespace"], metadata["name"])
    if not isinstance(live, Found):
        raise RunRefusedError(f"TrainingRun '{metadata['name']}' went while it was looked at")
    if not is_same_child(live.object, manifest):
        message = f"TrainingRun '{metadata['name']}' exists and belongs to somebody else"
        raise RunRefusedError(message)
    world.cache.put(TRAINING_RUNS, live.object)
    return AlertOutcome(alert.fingerprint, "Duplicate", "this alert has its run", metadata["name"])


async def _tell(world: World, view: ModelPipelineView, hold: Hold) -> None:
    metadata = view.pipeline.metadata
    item = world.cache.get(MODEL_PIPELINES, metadata.namespace, metadata.name)
    if item is not None:
        await post_event(world, item, Event("Normal", hold.reason, f"alert: {hold.message}"))
