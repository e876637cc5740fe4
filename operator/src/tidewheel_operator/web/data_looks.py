"""Look at a Dataset's source now, so that news of it is safe before it is answered.

No Job at work: the Job of the next round is made here, by the name that the reconcilers would give
it. A Job at work: it is marked, and at its end the Dataset is due again. Both are checked against a
status that is read afterwards, for a round that was recorded meanwhile takes nothing in any more.
"""

from dataclasses import dataclass
from typing import Any

from tidewheel_contracts import labels
from tidewheel_contracts.api.v1alpha1.dataset import DatasetSpec, DatasetStatus
from tidewheel_operator.policies.dataset_jobs import has_news, look_job, round_name
from tidewheel_operator.policies.dataset_view import Dataset
from tidewheel_operator.policies.observed import Observed, parse
from tidewheel_operator.reconcile.carry_out import is_same_child
from tidewheel_operator.reconcile.dataset import view_without_jobs
from tidewheel_operator.reconcile.world import World
from tidewheel_operator.runtime.api import ApiUnavailableError, Found, Refused
from tidewheel_operator.runtime.cache import owner_of
from tidewheel_operator.runtime.metrics import WRITES
from tidewheel_operator.runtime.resources import DATASETS, JOBS

__all__ = ["LookOutcome", "LookRefusedError", "look_now"]

Object = dict[str, Any]

_MOST_TRIES = 5


class LookRefusedError(Exception):
    """The Job that news asks for cannot be made; the message says why."""


@dataclass(frozen=True, slots=True)
class LookOutcome:
    """What became of news of a Dataset."""

    dataset: str
    outcome: str
    message: str
    job: str


async def look_now(world: World, namespace: str, name: str) -> LookOutcome | None:
    """Let a Dataset's source be looked at; nothing if the Dataset is gone or cannot be read.

    Raises:
        ApiUnavailableError: the API server did not answer; the news must come again.
        LookRefusedError: no Job can be made.
    """
    for _ in range(_MOST_TRIES):
        dataset = await _live(world, namespace, name)
        if dataset is None:
            return None
        job = await world.api.get(JOBS, namespace, _next_name(dataset))
        if isinstance(job, Found):
            outcome = await _mark(world, dataset, job.object)
        else:
            outcome = await _start(world, dataset)
        if outcome is not None and await _is_still_open(world, dataset):
            return outcome
    raise ApiUnavailableError(f"Dataset '{name}' changes too often to be looked at now")


async def _live(world: World, namespace: str, name: str) -> Dataset | None:
    answer = await world.api.get(DATASETS, namespace, name)
    if not isinstance(answer, Found):
        return None
    found = parse(answer.object, DatasetSpec, DatasetStatus)
    if not isinstance(found, Observed) or found.metadata.is_being_deleted:
        return None
    return found


def _next_name(dataset: Dataset) -> str:
    return round_name(dataset.metadata, dataset.status.collections + 1)


async def _is_still_open(world: World, before: Dataset) -> bool:
    """Tell whether the round is still to be recorded: its end will be, with what we left in it."""
    after = await _live(world, before.metadata.namespace, before.metadata.name)
    return (
        after is not None
        and after.metadata.uid == before.metadata.uid
        and after.status.collections == before.status.collections
    )


async def _mark(world: World, dataset: Dataset, job: Object) -> LookOutcome | None:
    name, job_name = dataset.metadata.name, job["metadata"]["name"]
    owner = owner_of(job)
    if owner is None or owner["uid"] != dataset.metadata.uid:
        raise LookRefusedError(f"Job '{job_name}' exists and belongs to somebody else; remove it")
    if has_news(job):
        message = "earlier news is waiting for the same Job to end"
        return LookOutcome(name, "Coalesced", message, job_name)
    answer = await world.api.annotate(JOBS, job, {labels.NEWS: "true"})
    if isinstance(answer, Refused):
        if answer.is_conflict or answer.is_missing:
            return None
        raise LookRefusedError(f"the API server refused to mark Job '{job_name}': {answer.message}")
    world.cache.put(JOBS, answer.object)
    message = "a Job is at work; the source is looked at again when it ends"
    return LookOutcome(name, "Follows", message, job_name)


async def _start(world: World, dataset: Dataset) -> LookOutcome | None:
    view = view_without_jobs(world, dataset)
    if view.store is None:
        raise LookRefusedError("the namespace needs an ArtifactStore named 'default'")
    manifest = look_job(view)
    name = manifest["metadata"]["name"]
    answer = await world.api.create(JOBS, manifest)
    if isinstance(answer, Found):
        WRITES.labels(JOBS.kind, "create").inc()
        world.cache.put(JOBS, answer.object)
        message = "a Job looks at the source now"
        return LookOutcome(dataset.metadata.name, "Started", message, name)
    if not answer.is_conflict:
        raise LookRefusedError(f"the API server refused Job '{name}': {answer.message}")
    live = await world.api.get(JOBS, dataset.metadata.namespace, name)
    if not isinstance(live, Found):
        return None
    if not is_same_child(live.object, manifest):
        raise LookRefusedError(f"Job '{name}' exists and belongs to somebody else; remove it")
    # It was made after the news had come, so it sees what the news is about.
    world.cache.put(JOBS, live.object)
    message = "a Job that somebody else has just made looks at the source"
    return LookOutcome(dataset.metadata.name, "Coalesced", message, name)
