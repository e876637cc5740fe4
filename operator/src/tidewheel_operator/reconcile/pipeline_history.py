"""Pruning a pipeline's past: asked of the cache, and decided by what the API server says now."""

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import ValidationError

from tidewheel_contracts.api.model import ApiModel
from tidewheel_contracts.api.v1alpha1.common import Status
from tidewheel_contracts.api.v1alpha1.model_alias import ModelAliasSpec, ModelAliasStatus
from tidewheel_contracts.api.v1alpha1.model_approval import ModelApprovalSpec, ModelApprovalStatus
from tidewheel_contracts.api.v1alpha1.model_deployment import (
    ModelDeploymentSpec,
    ModelDeploymentStatus,
)
from tidewheel_contracts.api.v1alpha1.model_pipeline import ModelPipelineSpec, ModelPipelineStatus
from tidewheel_contracts.api.v1alpha1.model_version import ModelVersionSpec, ModelVersionStatus
from tidewheel_contracts.api.v1alpha1.run_status import TrainingRunStatus
from tidewheel_contracts.api.v1alpha1.training_run import TrainingRunSpec
from tidewheel_operator.policies.decision import Decision
from tidewheel_operator.policies.model_pipeline_view import ModelPipelineView, model_name
from tidewheel_operator.policies.observed import Observed, parse
from tidewheel_operator.policies.pipeline_history import may_exceed, pruning
from tidewheel_operator.policies.versions_in_use import Past
from tidewheel_operator.reconcile.world import World
from tidewheel_operator.runtime.cache import Cache
from tidewheel_operator.runtime.indexes import (
    ALIASES_BY_MODEL,
    APPROVALS_BY_MODEL,
    DEPLOYMENTS_BY_MODEL,
    OPEN_RUNS_BY_MODEL,
    PIPELINES_BY_MODEL,
    RUNS_BY_PIPELINE,
    VERSIONS_BY_MODEL,
)
from tidewheel_operator.runtime.resources import (
    MODEL_ALIASES,
    MODEL_APPROVALS,
    MODEL_DEPLOYMENTS,
    MODEL_PIPELINES,
    MODEL_VERSIONS,
    TRAINING_RUNS,
)

__all__ = ["with_pruning"]

SpecT = TypeVar("SpecT", bound=ApiModel)
StatusT = TypeVar("StatusT", bound=Status)
Object = dict[str, Any]
Pipeline = Observed[ModelPipelineSpec, ModelPipelineStatus]

# What holds on to a version is read last, so that it is known at its newest.
_KINDS = (
    MODEL_VERSIONS,
    TRAINING_RUNS,
    MODEL_PIPELINES,
    MODEL_APPROVALS,
    MODEL_ALIASES,
    MODEL_DEPLOYMENTS,
)


@dataclass(frozen=True, slots=True)
class _Objects:
    versions: list[Object]
    runs: list[Object]
    pipelines: list[Object]
    approvals: list[Object]
    aliases: list[Object]
    deployments: list[Object]


async def with_pruning(
    world: World, view: ModelPipelineView, decision: Decision[ModelPipelineStatus]
) -> Decision[ModelPipelineStatus]:
    """Return the decision with what goes of the past after its status is written."""
    if decision.create or not may_exceed(view):
        return decision
    namespace = view.pipeline.metadata.namespace
    pipeline = dataclasses.replace(view.pipeline, status=decision.status)
    if not pruning(pipeline, _past(_cached(world.cache, pipeline))).uids:
        return decision
    # By an old list too much looks old, and nobody seems to use what somebody uses.
    live = _Objects(*[await world.api.list_all(resource, namespace) for resource in _KINDS])
    found = pruning(pipeline, _past(live))
    by_uid = {item["metadata"]["uid"]: item for item in (*live.runs, *live.versions)}
    return dataclasses.replace(
        decision,
        status=found.status,
        delete=(*decision.delete, *(by_uid[uid] for uid in found.uids)),
        events=(*decision.events, *found.events),
    )


def _cached(cache: Cache, pipeline: Pipeline) -> _Objects:
    """Return what has to do with the pipeline and its model: a namespace may hold thousands.

    A version that is used from elsewhere is found in use by what the API server says.
    """
    namespace, model = pipeline.metadata.namespace, model_name(pipeline)
    own = cache.find(RUNS_BY_PIPELINE, namespace, pipeline.metadata.name)
    return _Objects(
        versions=cache.find(VERSIONS_BY_MODEL, namespace, model),
        runs=[*own, *cache.find(OPEN_RUNS_BY_MODEL, namespace, model)],
        pipelines=cache.find(PIPELINES_BY_MODEL, namespace, model),
        approvals=cache.find(APPROVALS_BY_MODEL, namespace, model),
        aliases=cache.find(ALIASES_BY_MODEL, namespace, model),
        deployments=cache.find(DEPLOYMENTS_BY_MODEL, namespace, model),
    )


def _past(objects: _Objects) -> Past:
    runs = _readable(objects.runs, TrainingRunSpec, TrainingRunStatus)
    deployments = _readable(objects.deployments, ModelDeploymentSpec, ModelDeploymentStatus)
    pipelines = _readable(objects.pipelines, ModelPipelineSpec, ModelPipelineStatus)
    approvals = _readable(objects.approvals, ModelApprovalSpec, ModelApprovalStatus)
    aliases = _readable(objects.aliases, ModelAliasSpec, ModelAliasStatus)
    read = (runs, deployments, pipelines, approvals, aliases)
    given = (
        objects.runs,
        objects.deployments,
        objects.pipelines,
        objects.approvals,
        objects.aliases,
    )
    are_told = (
        *(_tells(item, ModelVersionStatus) for item in objects.versions),
        *(_tells(item, ModelApprovalStatus) for item in objects.approvals),
        *(_tells(item, TrainingRunStatus) for item in objects.runs),
        *(_tells(item, ModelDeploymentStatus) for item in objects.deployments),
        *(_tells(item, ModelPipelineStatus) for item in objects.pipelines),
    )
    return Past(
        runs=runs,
        versions=_readable(objects.versions, ModelVersionSpec, ModelVersionStatus),
        deployments=deployments,
        pipelines=pipelines,
        approvals=approvals,
        aliases=aliases,
        is_complete=list(map(len, read)) == list(map(len, given)) and all(are_told),
    )


def _tells(item: Object, status: type[Status]) -> bool:
    """Tell whether a status can be read: one that cannot would count as one that uses nothing."""
    try:
        status.model_validate(item.get("status") or {})
    except ValidationError:
        return False
    return True


def _readable(
    items: Iterable[Object], spec: type[SpecT], status: type[StatusT]
) -> tuple[Observed[SpecT, StatusT], ...]:
    found = (parse(item, spec, status) for item in items)
    return tuple(item for item in found if isinstance(item, Observed))
