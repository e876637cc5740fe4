"""The trials of a search in the run's folder of the store: what pods know of one another.

A trial's outcome is written once. Whoever comes second takes what lies there, so that all pods plan
the next round from the same scores, although a fit repeated elsewhere may take another time.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import ValidationError

from tidewheel_contracts.artifact import layout
from tidewheel_contracts.artifact.search_trial import SearchTrial
from tidewheel_contracts.artifact.snapshot import manifest_bytes
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.search.planned import PlannedTrial
from tidewheel_trainer.search.space import parameters_key
from tidewheel_trainer.store import Store

__all__ = [
    "StoredTrials",
    "beat",
    "mark_begin",
    "pods_begun",
    "read_trials",
    "recorded",
    "refuse_other",
    "trial_key",
]

_OUTCOME = ".json"


@dataclass(frozen=True, slots=True)
class StoredTrials:
    """Outcomes by their keys, keys of marks that a trial was begun, and the pods' signs of life.

    A pod's sign of life is the ETag of its object, which changes as long as the pod lives.
    """

    outcomes: Mapping[str, SearchTrial]
    marks: frozenset[str]
    beats: Mapping[int, str]


def trial_key(folder: str, trial: PlannedTrial) -> str:
    """Return the key of a trial's outcome."""
    return layout.search_trial_key(folder, trial.round_number, trial.number)


def read_trials(
    store: Store, folder: str, known: Mapping[str, SearchTrial] | None = None
) -> StoredTrials:
    """Return all that the store holds of a search; outcomes that are known are not read again.

    Raises:
        TrainerError: ArtifactDamaged, for an outcome that cannot be read.
    """
    outcomes, marks, beats = dict(known or {}), set(), {}
    beat_key = layout.search_beat_key(folder, 0).removesuffix("0")
    for entry in store.list_objects(layout.search_folder(folder)):
        pod = entry.key.removeprefix(beat_key)
        if entry.key.startswith(beat_key) and pod.isdecimal():
            beats[int(pod)] = entry.etag
        elif not entry.key.endswith(_OUTCOME):
            marks.add(entry.key)
        elif entry.key not in outcomes:
            outcomes[entry.key] = _read(store, entry.key)
    return StoredTrials(outcomes, frozenset(marks), beats)


def recorded(store: Store, folder: str, outcome: SearchTrial) -> SearchTrial:
    """Write an outcome unless the trial has one, and return what lies there afterwards."""
    key = layout.search_trial_key(folder, outcome.round_number, outcome.number)
    if store.put_if_absent(key, manifest_bytes(outcome)):
        return outcome
    return _read(store, key)


def refuse_other(key: str, found: SearchTrial, planned: PlannedTrial) -> None:
    """Refuse an outcome of another trial than the planned one.

    Raises:
        TrainerError: ArtifactDamaged.
    """
    found_key = parameters_key(found.candidate, found.parameters)
    if found_key != parameters_key(planned.candidate.name, planned.parameters):
        raise TrainerError(
            FailureReason.ARTIFACT_DAMAGED,
            f"an earlier attempt of this run left a trial of other parameters in {key!r}: its "
            "image was another one; apply a new TrainingRun",
        )


def pods_begun(marks: frozenset[str], folder: str, trial: PlannedTrial, count: int) -> set[int]:
    """Return the indexes of the pods, of `count`, that have begun a trial."""
    return {pod for pod in range(count) if _begun_key(folder, trial, pod) in marks}


def mark_begin(store: Store, folder: str, trial: PlannedTrial, pod: int) -> str:
    """Leave a mark that a pod of this index begins a trial; return its key."""
    key = _begun_key(folder, trial, pod)
    store.put_if_absent(key, b"")
    return key


def beat(store: Store, folder: str, pod: int, text: str) -> None:
    """Give a sign of life, with a text that differs from the one before."""
    store.put(layout.search_beat_key(folder, pod), text.encode())


def _begun_key(folder: str, trial: PlannedTrial, pod: int) -> str:
    return layout.search_begun_key(folder, trial.round_number, trial.number, pod)


def _read(store: Store, key: str) -> SearchTrial:
    try:
        return SearchTrial.model_validate_json(store.get(key))
    except ValidationError as error:
        raise TrainerError(
            FailureReason.ARTIFACT_DAMAGED,
            f"this run left {key!r}, which was changed and cannot be read; remove it, or apply a "
            "new TrainingRun",
        ) from error
