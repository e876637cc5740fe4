"""The shell of ModelPipeline."""

from tidewheel_contracts.api.v1alpha1.model_deployment import (
    ModelDeploymentSpec,
    ModelDeploymentStatus,
)
from tidewheel_contracts.api.v1alpha1.model_pipeline import ModelPipelineSpec, ModelPipelineStatus
from tidewheel_contracts.api.v1alpha1.run_status import TrainingRunStatus
from tidewheel_contracts.api.v1alpha1.training_run import TrainingRunSpec
from tidewheel_operator.policies import model_pipeline as policy
from tidewheel_operator.policies.decision import Decision
from tidewheel_operator.policies.model_pipeline_view import (
    ModelPipelineView,
    Run,
    deployment_name,
    model_name,
)
from tidewheel_operator.policies.observed import Metadata, Observed
from tidewheel_operator.policies.pipeline_memory import is_active
from tidewheel_operator.reconcile import observe
from tidewheel_operator.reconcile.confirm import knew
from tidewheel_operator.reconcile.pipeline_history import with_pruning
from tidewheel_operator.reconcile.step import Reconciler
from tidewheel_operator.reconcile.world import World
from tidewheel_operator.runtime.api import Found
from tidewheel_operator.runtime.indexes import RUNS_BY_PIPELINE
from tidewheel_operator.runtime.resources import (
    DATASETS,
    MODEL_DEPLOYMENTS,
    MODEL_PIPELINES,
    TRAINING_RUNS,
)

__all__ = ["RECONCILER", "pipeline_view"]

Pipeline = Observed[ModelPipelineSpec, ModelPipelineStatus]


def pipeline_view(world: World, pipeline: Pipeline) -> ModelPipelineView:
    """Return what is known of a pipeline; the alert webhook judges by the same view."""
    namespace = pipeline.metadata.namespace
    return ModelPipelineView(
        pipeline=pipeline,
        dataset=observe.dataset(world, namespace, pipeline.spec.dataset_name),
        deployment=observe.readable(
            world,
            MODEL_DEPLOYMENTS,
            namespace,
            deployment_name(pipeline),
            ModelDeploymentSpec,
            ModelDeploymentStatus,
        ),
        runs=_runs(world, pipeline),
        versions=observe.versions_of(world, namespace, model_name(pipeline)),
    )


async def _decide(world: World, pipeline: Pipeline) -> Decision[ModelPipelineStatus]:
    await _confirm_active_run(world, pipeline)
    await _confirm_open_runs(world, pipeline)
    await observe.confirm_versions(
        world,
        pipeline.metadata.namespace,
        model_name(pipeline),
        (pipeline.status.champion_number, pipeline.status.last_version_number),
    )
    view, decision = _judged(world, pipeline)
    if _begins(pipeline, decision):
        # An old list knows another snapshot, and a run that begins is never taken back.
        namespace, dataset_name = pipeline.metadata.namespace, pipeline.spec.dataset_name
        if not await knew(world, DATASETS, namespace, dataset_name):
            view, decision = _judged(world, pipeline)
    return await with_pruning(world, view, decision)


def _judged(
    world: World, pipeline: Pipeline
) -> tuple[ModelPipelineView, Decision[ModelPipelineStatus]]:
    view = pipeline_view(world, pipeline)
    return view, policy.decide(view, world.clock())


def _begins(pipeline: Pipeline, decision: Decision[ModelPipelineStatus]) -> bool:
    """Tell whether a run is opened or admitted."""
    active = decision.status.active_run_name
    return bool(decision.create) or active not in (None, pipeline.status.active_run_name)


def _runs(world: World, pipeline: Pipeline) -> tuple[Run, ...]:
    """Return the runs that name the pipeline, but none that a namesake before it has opened."""
    found = observe.readable_by(
        world,
        RUNS_BY_PIPELINE,
        pipeline.metadata.namespace,
        pipeline.metadata.name,
        TrainingRunSpec,
        TrainingRunStatus,
    )
    return tuple(
        run
        for run in found
        if run.metadata.owner_uid in (None, pipeline.metadata.uid)
        and not run.metadata.is_being_deleted
    )


async def _confirm_active_run(world: World, pipeline: Pipeline) -> None:
    """Read the run in flight from the server when the cache lacks it: absence alone is no proof.

    Neither is a namesake: an old list may hold the run that was there before.
    """
    name, namespace = pipeline.status.active_run_name, pipeline.metadata.namespace
    if name is None:
        return
    known = world.cache.get(TRAINING_RUNS, namespace, name)
    if known is not None and is_active(pipeline.status, Metadata.of(known)):
        return
    outcome = await world.api.get(TRAINING_RUNS, namespace, name)
    if isinstance(outcome, Found):
        world.cache.put(TRAINING_RUNS, outcome.object)


async def _confirm_open_runs(world: World, pipeline: Pipeline) -> None:
    """Read what may be admitted next: by an old list, a run that ended long ago looks open."""
    if pipeline.status.active_run_name is not None:
        return
    namespace = pipeline.metadata.namespace
    for run in pipeline_view(world, pipeline).open_runs:
        outcome = await world.api.get(TRAINING_RUNS, namespace, run.metadata.name)
        if isinstance(outcome, Found):
            world.cache.put(TRAINING_RUNS, outcome.object)


RECONCILER = Reconciler(MODEL_PIPELINES, ModelPipelineSpec, ModelPipelineStatus, _decide)
