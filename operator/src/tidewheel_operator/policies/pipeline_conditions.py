"""Whether the loop turns, and if not, what it waits for."""

from tidewheel_contracts.api.conditions import Condition, ConditionStatus, ConditionType
from tidewheel_contracts.api.v1alpha1.model_pipeline import ModelPipelineStatus, Reason
from tidewheel_operator.policies.conditions import ready, stalled, working
from tidewheel_operator.policies.model_pipeline_view import ModelPipelineView, deployment_name

__all__ = ["health"]


def health(view: ModelPipelineView, status: ModelPipelineStatus) -> tuple[Condition, ...]:
    """Return Ready and its companions for a pipeline."""
    spec = view.pipeline.spec
    if view.dataset is None:
        message = f"Dataset '{spec.dataset_name}' must exist in the pipeline's namespace"
        return stalled(Reason.WAITING_FOR_DATA, message)
    if view.snapshot is None:
        return _waiting_for_data(view)
    if spec.deployment_name is not None and view.deployment is None:
        message = f"ModelDeployment '{spec.deployment_name}' does not exist"
        return stalled(Reason.DEPLOYMENT_MISSING, message)
    if not view.versions and status.champion_number is None:
        return _without_model(status)
    return _serving(view)


def _waiting_for_data(view: ModelPipelineView) -> tuple[Condition, ...]:
    name = view.pipeline.spec.dataset_name
    reason = _ready_of(view.dataset.status.conditions if view.dataset is not None else ())
    detail = f": {reason.reason}, {reason.message}" if reason is not None else ""
    return working(Reason.WAITING_FOR_DATA, f"Dataset '{name}' has no snapshot yet{detail}")


def _without_model(status: ModelPipelineStatus) -> tuple[Condition, ...]:
    if status.active_run_name is not None:
        message = f"run '{status.active_run_name}' trains the first model"
        return working(Reason.FIRST_MODEL, message)
    if status.last_run is not None:
        message = f"run '{status.last_run.name}' gave no version; its conditions tell why"
        return stalled(Reason.FIRST_MODEL, message)
    return working(Reason.FIRST_MODEL, "the first run is being opened")


def _serving(view: ModelPipelineView) -> tuple[Condition, ...]:
    name = deployment_name(view.pipeline)
    conditions = view.deployment.status.conditions if view.deployment is not None else ()
    found = _ready_of(conditions)
    if found is not None and found.status == ConditionStatus.TRUE:
        return ready(Reason.TURNING, found.message)
    detail = f"{found.reason}, {found.message}" if found is not None else "not seen yet"
    return working(Reason.DEPLOYMENT_NOT_READY, f"ModelDeployment '{name}': {detail}")


def _ready_of(conditions: tuple[Condition, ...]) -> Condition | None:
    return next((item for item in conditions if item.type == ConditionType.READY), None)
