"""What a decision about a ModelPipeline is made of."""

import json
from dataclasses import dataclass
from typing import Any

from tidewheel_contracts.api.v1alpha1.common import Training
from tidewheel_contracts.api.v1alpha1.dataset import DatasetSpec, DatasetStatus, Snapshot
from tidewheel_contracts.api.v1alpha1.model_deployment import (
    ModelDeploymentSpec,
    ModelDeploymentStatus,
)
from tidewheel_contracts.api.v1alpha1.model_pipeline import ModelPipelineSpec, ModelPipelineStatus
from tidewheel_contracts.api.v1alpha1.model_version import ModelVersionSpec
from tidewheel_contracts.api.v1alpha1.queueing import QUEUE_FIELDS
from tidewheel_contracts.api.v1alpha1.run_status import Cause, TrainingRunStatus
from tidewheel_contracts.api.v1alpha1.training_engine import ENGINE_FIELDS
from tidewheel_contracts.api.v1alpha1.training_run import TrainingRunSpec
from tidewheel_operator.manifests.names import digest_of
from tidewheel_operator.policies.observed import Observed
from tidewheel_operator.policies.run_cause import trigger_of

__all__ = [
    "ModelPipelineView",
    "Run",
    "deployment_name",
    "model_name",
    "recipe_digest",
    "recipe_digest_of_run",
    "target_digest",
]

Object = dict[str, Any]
Run = Observed[TrainingRunSpec, TrainingRunStatus]


@dataclass(frozen=True, slots=True)
class ModelPipelineView:
    """All that is known of a pipeline when a decision about it is made.

    `runs` are the readable runs that name the pipeline, whoever created them.
    """

    pipeline: Observed[ModelPipelineSpec, ModelPipelineStatus]
    dataset: Observed[DatasetSpec, DatasetStatus] | None
    deployment: Observed[ModelDeploymentSpec, ModelDeploymentStatus] | None
    runs: tuple[Run, ...]
    versions: tuple[ModelVersionSpec, ...]

    @property
    def snapshot(self) -> Snapshot | None:
        """Return the Dataset's newest snapshot."""
        return self.dataset.status.snapshot if self.dataset is not None else None

    @property
    def open_runs(self) -> tuple[Run, ...]:
        """Return the runs that have not ended: people's first, then in order of their creation."""
        unfinished = (run for run in self.runs if run.status.completion_time is None)
        return tuple(
            sorted(
                unfinished,
                key=lambda run: (
                    trigger_of(run.metadata).cause != Cause.DEMAND,
                    run.metadata.creation_time,
                    run.metadata.name,
                ),
            )
        )


def model_name(pipeline: Observed[ModelPipelineSpec, ModelPipelineStatus]) -> str:
    """Return the name of the pipeline's model."""
    return pipeline.spec.model_name or pipeline.metadata.name


def deployment_name(pipeline: Observed[ModelPipelineSpec, ModelPipelineStatus]) -> str:
    """Return the name of the deployment that serves the pipeline's model."""
    return pipeline.spec.deployment_name or pipeline.metadata.name


def recipe_digest(pipeline: Observed[ModelPipelineSpec, ModelPipelineStatus]) -> str:
    """Return the digest over everything in the spec that a run is made of.

    Resources and deadline belong to it: who raises the memory after a run died of it wants another.
    """
    spec = pipeline.spec
    return _recipe(spec.dataset_name, model_name(pipeline), spec.training)


def recipe_digest_of_run(run: Run) -> str:
    """Return the digest of what a run was made of; a person's run may be made of something else."""
    spec = run.spec
    training = Training.model_validate(spec.model_dump())
    return _recipe(spec.dataset_name, spec.model_name, training)


def target_digest(dataset: Observed[DatasetSpec, DatasetStatus] | None) -> str | None:
    """Return the digest of what the Dataset says is learned: no part of a snapshot or a recipe.

    Absent fields do not count, so one that a later release adds changes nothing.
    """
    if dataset is None:
        return None
    spec = dataset.spec
    said = {"target": spec.target, "time": spec.time, "split": spec.split}
    fields = {name: each.to_wire() for name, each in said.items() if each is not None}
    return digest_of(json.dumps(fields, sort_keys=True))


def _recipe(dataset: str, model: str, training: Training) -> str:
    # Another word in the card, another queue or engine makes no other model. Nor do defaults: a
    # field that a later release adds changes no recipe.
    unlearned = {"card", *QUEUE_FIELDS, *ENGINE_FIELDS}
    said = training.model_dump_json(exclude=unlearned, exclude_defaults=True)
    return digest_of("\n".join((dataset, model, said)))
