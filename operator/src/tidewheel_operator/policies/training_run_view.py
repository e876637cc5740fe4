"""What a decision about a run is made of, and the shape that every such decision has."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tidewheel_contracts.api.conditions import Condition
from tidewheel_contracts.api.v1alpha1.artifact_store import ArtifactStoreSpec
from tidewheel_contracts.api.v1alpha1.common import Resources
from tidewheel_contracts.api.v1alpha1.dataset import DatasetSpec, DatasetStatus
from tidewheel_contracts.api.v1alpha1.model_version import ModelVersionSpec
from tidewheel_contracts.api.v1alpha1.run_status import (
    ChampionReference,
    Stage,
    TrainingRunStatus,
    Trigger,
)
from tidewheel_contracts.api.v1alpha1.training_run import TrainingRunSpec
from tidewheel_operator.manifests.egress import USUAL_EGRESS, Egress
from tidewheel_operator.manifests.job import ProgramImage
from tidewheel_operator.policies.conditions import summary
from tidewheel_operator.policies.decision import Decision
from tidewheel_operator.policies.observed import Observed, to_time
from tidewheel_operator.policies.reported import Told

__all__ = ["RunDecision", "TrainingRunView", "finish", "step"]

Object = dict[str, Any]
RunDecision = Decision[TrainingRunStatus]


@dataclass(frozen=True, slots=True)
class TrainingRunView:
    """All that is known of a run when a decision about it is made.

    `is_superfluous` tells that a queued run would learn what the last one learned.
    `highest_number` is the highest version number ever given to the model, confirmed by a live
    read whenever a number is about to be given. `own_version` is the ModelVersion that names this
    run's uid; `is_number_taken` tells that the number in status became somebody else's version.
    `pipeline_uid` is that of the pipeline that opened the run, if one did. `image` is that of the
    programs that train; `server_resources` is what a pod of `server_image` gets that serves. `told`
    is what its Job last reported, and `report_url` where Jobs report to, unless they do not.
    `workloads` are Kueue's words about Jobs, by the Job's uid; `is_kueue_read` tells whether
    anybody listens. `ray_problem` is why no RayJob can be made or seen, empty before
    it is known; nothing where they can.
    """

    run: Observed[TrainingRunSpec, TrainingRunStatus]
    trigger: Trigger
    is_admitted: bool
    is_superfluous: bool
    store: ArtifactStoreSpec | None
    dataset: Observed[DatasetSpec, DatasetStatus] | None
    champion: ChampionReference | None
    jobs: tuple[Object, ...]
    pods: Mapping[str, tuple[Object, ...]]
    image: ProgramImage
    server_image: ProgramImage
    server_resources: Resources
    egress: Egress = USUAL_EGRESS
    own_version: ModelVersionSpec | None = None
    highest_number: int = 0
    coalesced_alerts: int = 0
    is_number_taken: bool = False
    pipeline_uid: str | None = None
    told: Told | None = None
    report_url: str | None = None
    workloads: Mapping[str, Object] = field(default_factory=dict)
    is_kueue_read: bool = False
    ray_problem: str | None = None


def step(
    view: TrainingRunView,
    now: datetime,
    conditions: tuple[Condition, ...],
    *,
    stage: Stage | None = None,
    status: TrainingRunStatus | None = None,
    create: tuple[Object, ...] = (),
) -> RunDecision:
    """Return a decision that leaves the run open."""
    metadata, before = view.run.metadata, view.run.status
    base = status or before
    after = base.model_copy(
        update={
            "observed_generation": metadata.generation,
            "conditions": summary(before.conditions, metadata, now, conditions),
            "stage": stage or base.stage,
            "trigger": view.trigger,
            "coalesced_alerts": max(base.coalesced_alerts, view.coalesced_alerts),
        }
    )
    return Decision(status=after, create=create)


def finish(
    view: TrainingRunView,
    now: datetime,
    conditions: tuple[Condition, ...],
    *,
    status: TrainingRunStatus | None = None,
) -> RunDecision:
    """Return the decision that ends the run."""
    ended = (status or view.run.status).model_copy(update={"completion_time": to_time(now)})
    return step(view, now, conditions, stage=Stage.FINISHED, status=ended)
