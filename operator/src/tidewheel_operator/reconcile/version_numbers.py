"""Numbers of versions: what the API server knows of those that were ever given to a model."""

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from tidewheel_contracts.api.model import ApiModel
from tidewheel_contracts.api.v1alpha1.common import Status
from tidewheel_contracts.api.v1alpha1.model_deployment import (
    ModelDeploymentSpec,
    ModelDeploymentStatus,
)
from tidewheel_contracts.api.v1alpha1.model_pipeline import ModelPipelineSpec, ModelPipelineStatus
from tidewheel_contracts.api.v1alpha1.model_version import (
    ModelVersionSpec,
    ModelVersionStatus,
    version_name,
)
from tidewheel_contracts.api.v1alpha1.run_status import TrainingRunStatus
from tidewheel_contracts.api.v1alpha1.training_run import TrainingRunSpec
from tidewheel_operator.policies.model_pipeline_view import model_name
from tidewheel_operator.policies.observed import Observed, parse
from tidewheel_operator.policies.roles import roles_of
from tidewheel_operator.reconcile.world import World
from tidewheel_operator.runtime.fields import text_at
from tidewheel_operator.runtime.resources import (
    MODEL_DEPLOYMENTS,
    MODEL_PIPELINES,
    MODEL_VERSIONS,
    TRAINING_RUNS,
    Resource,
)

__all__ = ["given_numbers", "live_versions"]

SpecT = TypeVar("SpecT", bound=ApiModel)
StatusT = TypeVar("StatusT", bound=Status)
Object = dict[str, Any]


async def live_versions(world: World, namespace: str, model: str) -> tuple[ModelVersionSpec, ...]:
    """Read the registered versions of a model."""
    items = _of_model(await world.api.list_all(MODEL_VERSIONS, namespace), model)
    return tuple(item.spec for item in _readable(items, ModelVersionSpec, ModelVersionStatus))


async def given_numbers(world: World, namespace: str, model: str) -> tuple[int, ...]:
    """Read the numbers that outlive a version: taken by runs, remembered by pipelines, serving.

    Whoever asks need not belong to a pipeline for its memory to count, and a pipeline that was
    re-created has forgotten what a deployment still serves.
    """
    items = _of_model(await world.api.list_all(TRAINING_RUNS, namespace), model)
    runs = _readable(items, TrainingRunSpec, TrainingRunStatus)
    taken = (run.status.version_number or 0 for run in runs)
    pipelines = await _live(
        world, MODEL_PIPELINES, namespace, ModelPipelineSpec, ModelPipelineStatus
    )
    remembered = (
        pipeline.status.last_version_number
        for pipeline in pipelines
        if model_name(pipeline) == model
    )
    deployments = await _live(
        world, MODEL_DEPLOYMENTS, namespace, ModelDeploymentSpec, ModelDeploymentStatus
    )
    return (*taken, *remembered, *_serving(deployments, model))


def _serving(
    deployments: tuple[Observed[ModelDeploymentSpec, ModelDeploymentStatus], ...], model: str
) -> Iterator[int]:
    """Return the numbers with a role: by its name, for a deployment may have changed its model."""
    for deployment in deployments:
        for state in roles_of(deployment.status).all:
            if state.name == version_name(model, state.number):
                yield state.number


async def _live(
    world: World, resource: Resource, namespace: str, spec: type[SpecT], status: type[StatusT]
) -> tuple[Observed[SpecT, StatusT], ...]:
    return _readable(await world.api.list_all(resource, namespace), spec, status)


def _of_model(items: Iterable[Object], model: str) -> Iterator[Object]:
    """Leave out other models before anything is read closely: a namespace may hold thousands."""
    return (item for item in items if text_at(item, "spec", "modelName") == model)


def _readable(
    items: Iterable[Object], spec: type[SpecT], status: type[StatusT]
) -> tuple[Observed[SpecT, StatusT], ...]:
    found = (parse(item, spec, status) for item in items)
    return tuple(item for item in found if isinstance(item, Observed))
