"""The shell of TrainingRun."""

from collections.abc import Mapping
from typing import Any

from tidewheel_contracts.api.v1alpha1.common import Resources
from tidewheel_contracts.api.v1alpha1.dataset import DatasetSpec, DatasetStatus
from tidewheel_contracts.api.v1alpha1.model_deployment import (
    ModelDeploymentSpec,
    ModelDeploymentStatus,
    ServerResources,
)
from tidewheel_contracts.api.v1alpha1.model_pipeline import ModelPipelineSpec, ModelPipelineStatus
from tidewheel_contracts.api.v1alpha1.model_version import ModelVersionSpec
from tidewheel_contracts.api.v1alpha1.run_status import ChampionReference, TrainingRunStatus
from tidewheel_contracts.api.v1alpha1.training_engine import TrainingEngine
from tidewheel_contracts.api.v1alpha1.training_run import TrainingRunSpec
from tidewheel_operator.policies import training_run as policy
from tidewheel_operator.policies.champion import champion_reference
from tidewheel_operator.policies.decision import Decision
from tidewheel_operator.policies.model_pipeline_view import deployment_name
from tidewheel_operator.policies.observed import Observed, parse
from tidewheel_operator.policies.pipeline_memory import is_active
from tidewheel_operator.policies.run_cause import coalesced_alerts, trigger_of
from tidewheel_operator.policies.training_run_view import TrainingRunView
from tidewheel_operator.policies.triggers import is_superfluous
from tidewheel_operator.policies.verifying import is_verified, job_in_flight
from tidewheel_operator.reconcile import observe
from tidewheel_operator.reconcile.confirm import knew
from tidewheel_operator.reconcile.step import Reconciler
from tidewheel_operator.reconcile.take_back import take_back
from tidewheel_operator.reconcile.version_numbers import given_numbers, live_versions
from tidewheel_operator.reconcile.world import World
from tidewheel_operator.runtime.api import Found
from tidewheel_operator.runtime.cache import owner_of
from tidewheel_operator.runtime.indexes import DEPLOYMENTS_BY_MODEL
from tidewheel_operator.runtime.resources import (
    DATASETS,
    JOBS,
    MODEL_DEPLOYMENTS,
    MODEL_PIPELINES,
    RAY_JOBS,
    TRAINING_RUNS,
)

__all__ = ["RECONCILER"]

Object = dict[str, Any]
Run = Observed[TrainingRunSpec, TrainingRunStatus]
Dataset = Observed[DatasetSpec, DatasetStatus]
Pipeline = Observed[ModelPipelineSpec, ModelPipelineStatus]


async def _decide(world: World, run: Run) -> Decision[TrainingRunStatus]:
    metadata, spec = run.metadata, run.spec
    if run.status.completion_time is not None:
        world.reports.forget(metadata.uid)
        return Decision(status=run.status)
    await _confirm_job(world, run)
    jobs, pods = await _jobs_with_pods(world, run)
    if run.status.attempt == 0 and not jobs:
        await _confirm_start(world, run)
    pipeline = _pipeline(world, run)
    dataset = observe.dataset(world, metadata.namespace, spec.dataset_name)
    registered: tuple[ModelVersionSpec, ...] = ()
    if is_verified(run.status):
        registered = await live_versions(world, metadata.namespace, spec.model_name)
    is_number_taken = any(
        item.number == run.status.version_number and item.run.uid != metadata.uid
        for item in registered
    )
    view = TrainingRunView(
        run=run,
        trigger=trigger_of(metadata),
        is_admitted=_is_admitted(run, pipeline),
        is_superfluous=_is_superfluous(run, pipeline, dataset),
        store=observe.store(world, metadata.namespace),
        dataset=dataset,
        champion=await _champion(world, run, pipeline, jobs),
        jobs=jobs,
        pods=pods,
        image=observe.trainer_image(world),
        server_image=observe.server_image(world),
        server_resources=_server_resources(world, run, pipeline),
        egress=world.settings.egress,
        own_version=next((item for item in registered if item.run.uid == metadata.uid), None),
        highest_number=await _highest_number(world, run, registered, is_taken=is_number_taken),
        coalesced_alerts=coalesced_alerts(metadata),
        is_number_taken=is_number_taken,
        pipeline_uid=_opener(run, pipeline),
        told=world.reports.of(metadata.uid),
        report_url=world.settings.report_url,
        workloads=observe.workloads(world, jobs),
        is_kueue_read=world.settings.is_kueue_read,
        ray_problem=observe.ray_problem(world) if _uses_ray(run) else None,
    )
    return policy.decide(view, world.clock())


def _uses_ray(run: Run) -> bool:
    return run.spec.engine is TrainingEngine.RAY_JOB


async def _jobs_with_pods(
    world: World, run: Run
) -> tuple[tuple[Object, ...], Mapping[str, tuple[Object, ...]]]:
    jobs, pods = await observe.jobs_with_pods(world, run.metadata.uid)
    if not _uses_ray(run):
        return jobs, pods
    ray_jobs, their_pods = await observe.ray_jobs_with_pods(world, run.metadata.uid)
    return (*jobs, *ray_jobs), {**pods, **their_pods}


async def _confirm_job(world: World, run: Run) -> None:
    """Read the run's Job from the server when the cache lacks it: absence alone is no proof."""
    name, namespace = job_in_flight(run.status), run.metadata.namespace
    kinds = (JOBS, RAY_JOBS) if _uses_ray(run) and observe.ray_problem(world) is None else (JOBS,)
    if name is None or any(world.cache.get(kind, namespace, name) is not None for kind in kinds):
        return
    for kind in kinds:
        outcome = await world.api.get(kind, namespace, name)
        owner = owner_of(outcome.object) if isinstance(outcome, Found) else None
        if isinstance(outcome, Found) and owner is not None and owner["uid"] == run.metadata.uid:
            world.cache.put(kind, outcome.object)
            await take_back(world, kind, outcome.object)


async def _confirm_start(world: World, run: Run) -> None:
    """Read from the server what a run ends for before it begins, or which snapshot it is to pin.

    Neither is ever taken back, and an old list knows another snapshot.
    """
    namespace, dataset_name = run.metadata.namespace, run.spec.dataset_name
    pipeline = _pipeline(world, run)
    dataset = observe.dataset(world, namespace, dataset_name)
    is_ending = _is_superfluous(run, pipeline, dataset)
    if pipeline is not None and is_ending:
        await knew(world, MODEL_PIPELINES, namespace, pipeline.metadata.name)
    if is_ending or _is_admitted(run, pipeline):
        await knew(world, DATASETS, namespace, dataset_name)


def _pipeline(world: World, run: Run) -> Pipeline | None:
    if run.spec.pipeline_name is None:
        return None
    return observe.readable(
        world,
        MODEL_PIPELINES,
        run.metadata.namespace,
        run.spec.pipeline_name,
        ModelPipelineSpec,
        ModelPipelineStatus,
    )


def _server_resources(world: World, run: Run, pipeline: Pipeline | None) -> Resources:
    """Return what a pod gets that serves the run's model, or will; only a check asks for it."""
    if run.status.result is None or is_verified(run.status):
        return ServerResources()
    if pipeline is not None and pipeline.spec.deployment is not None:
        return pipeline.spec.deployment.resources
    deployments = observe.readable_by(
        world,
        DEPLOYMENTS_BY_MODEL,
        run.metadata.namespace,
        run.spec.model_name,
        ModelDeploymentSpec,
        ModelDeploymentStatus,
    )
    by_name = {item.metadata.name: item.spec.resources for item in deployments}
    preferred = pipeline.spec.deployment_name if pipeline is not None else None
    return by_name.get(preferred or min(by_name, default="")) or ServerResources()


def _opener(run: Run, pipeline: Pipeline | None) -> str | None:
    """Return the uid of the pipeline that opened the run; a person's run only names one."""
    is_own = pipeline is not None and run.metadata.owner_uid == pipeline.metadata.uid
    return run.metadata.owner_uid if is_own else None


def _is_admitted(run: Run, pipeline: Pipeline | None) -> bool:
    """A run without a pipeline needs nobody's leave; one that began keeps what it was given."""
    if run.spec.pipeline_name is None or run.status.attempt > 0:
        return True
    return pipeline is not None and is_active(pipeline.status, run.metadata)


def _is_superfluous(run: Run, pipeline: Pipeline | None, dataset: Dataset | None) -> bool:
    if pipeline is None or _is_admitted(run, pipeline):
        return False
    return is_superfluous(pipeline, dataset, trigger_of(run.metadata).cause)


async def _champion(
    world: World, run: Run, pipeline: Pipeline | None, jobs: tuple[Object, ...]
) -> ChampionReference | None:
    """Read from the server who serves, when a run is about to pin it: an old list knows another."""
    if run.status.attempt > 0 or jobs or not _is_admitted(run, pipeline):
        return run.status.champion
    namespace, model = run.metadata.namespace, run.spec.model_name
    versions = observe.versions_of(world, namespace, model)
    preferred = deployment_name(pipeline) if pipeline is not None else None
    items = await _live_deployments(world, namespace, model, preferred, versions)
    found = (parse(item, ModelDeploymentSpec, ModelDeploymentStatus) for item in items)
    deployments = tuple(
        item for item in found if isinstance(item, Observed) and item.spec.model_name == model
    )
    return champion_reference(deployments, versions, preferred)


async def _live_deployments(
    world: World,
    namespace: str,
    model: str,
    preferred: str | None,
    versions: tuple[ModelVersionSpec, ...],
) -> list[Object]:
    """Read the deployments that may serve a model: each by its name when names are known.

    A read by name takes a millisecond. A list waits up to a tenth of a second for news from etcd
    (tried on 1.36), so it is asked for only when a model has versions and no known deployment.
    """
    known = world.cache.find(DEPLOYMENTS_BY_MODEL, namespace, model)
    names = {str(item["metadata"]["name"]) for item in known} | (
        {preferred} if preferred else set()
    )
    if not names and versions:
        return await world.api.list_all(MODEL_DEPLOYMENTS, namespace)
    answers = [await world.api.get(MODEL_DEPLOYMENTS, namespace, name) for name in sorted(names)]
    return [answer.object for answer in answers if isinstance(answer, Found)]


async def _highest_number(
    world: World, run: Run, registered: tuple[ModelVersionSpec, ...], *, is_taken: bool
) -> int:
    """Return the highest number ever given, when one is about to be given; else nobody asks."""
    result = run.status.result
    if result is None or result.artifact is None or not is_verified(run.status):
        return 0
    if run.status.version_number is not None and not is_taken:
        return 0
    given = await given_numbers(world, run.metadata.namespace, run.spec.model_name)
    return max((*given, *(item.number for item in registered)), default=0)


RECONCILER = Reconciler(TRAINING_RUNS, TrainingRunSpec, TrainingRunStatus, _decide)
