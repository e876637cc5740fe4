"""What a decision about a Dataset is made of, and the shape that every such decision has."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tidewheel_contracts.api.conditions import Condition
from tidewheel_contracts.api.v1alpha1.artifact_store import ArtifactStoreSpec
from tidewheel_contracts.api.v1alpha1.dataset import DatasetSpec, DatasetStatus
from tidewheel_operator.manifests.egress import USUAL_EGRESS, Egress
from tidewheel_operator.manifests.job import ProgramImage
from tidewheel_operator.policies.conditions import summary
from tidewheel_operator.policies.decision import Decision
from tidewheel_operator.policies.events import Event
from tidewheel_operator.policies.job_state import round_of
from tidewheel_operator.policies.observed import Observed

__all__ = ["Dataset", "DatasetDecision", "DatasetView", "settle"]

Object = dict[str, Any]
Dataset = Observed[DatasetSpec, DatasetStatus]
DatasetDecision = Decision[DatasetStatus]


@dataclass(frozen=True, slots=True)
class DatasetView:
    """All that is known of a Dataset when a decision about it is made.

    `snapshots_in_use` are the digests that runs and versions point at, read from the server when
    old snapshots are about to be removed.
    """

    dataset: Dataset
    store: ArtifactStoreSpec | None
    jobs: tuple[Object, ...]
    pods: Mapping[str, tuple[Object, ...]]
    image: ProgramImage
    egress: Egress = USUAL_EGRESS
    snapshots_in_use: tuple[str, ...] = ()

    @property
    def recorded(self) -> tuple[Object, ...]:
        """Return the Jobs whose outcome is in status: they may go."""
        known = self.dataset.status.collections
        return tuple(job for job in self.jobs if round_of(job) <= known)

    @property
    def current(self) -> Object | None:
        """Return the Job whose outcome is not in status yet."""
        known = self.dataset.status.collections
        open_jobs = (job for job in self.jobs if round_of(job) > known)
        return min(open_jobs, key=round_of, default=None)


def settle(
    view: DatasetView,
    now: datetime,
    conditions: tuple[Condition, ...],
    *,
    status: DatasetStatus | None = None,
    create: tuple[Object, ...] = (),
    events: tuple[Event, ...] = (),
    requeue: float | None = None,
) -> DatasetDecision:
    """Return a decision with these conditions; Jobs that are recorded already go."""
    metadata, before = view.dataset.metadata, view.dataset.status
    after = (status or before).model_copy(
        update={
            "observed_generation": metadata.generation,
            "conditions": summary(before.conditions, metadata, now, conditions),
        }
    )
    return Decision(
        status=after, create=create, delete=view.recorded, events=events, requeue_seconds=requeue
    )
