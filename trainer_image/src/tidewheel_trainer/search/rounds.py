"""Run the rounds of a search: a pod's own share of each, then what lost pods leave undone.

Pods meet in the store only. The one that has done its share of a round waits until the outcomes of
all others are there, because the next round is planned from them, and because a pod that ends tells
of the whole search. It does not wait for ever: a pod may be lost, or may never be scheduled while
the others fill the cluster. So each pod replaces an object of its own every ten seconds, and who
has not done so for a minute is taken for lost: others run its trials, now and in later rounds,
until it beats again. The length of a trial tells nothing: one may take a hundred times as long as
another. A trial that is run twice is harmless, since its first outcome counts.

A trial that takes more memory than a pod has ends each pod that runs it, and none of our lines is
run. A mark of each begin tells the others: what two lost pods had begun is not begun again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from tidewheel_contracts.artifact.search_trial import SearchTrial
from tidewheel_trainer.search.fitting import fitted_trial, given_up, not_begun
from tidewheel_trainer.search.plan import planned_round
from tidewheel_trainer.search.planned import PlannedTrial
from tidewheel_trainer.search.search_details import search_details
from tidewheel_trainer.search.searching import Searching
from tidewheel_trainer.search.stored_trials import (
    mark_begin,
    pods_begun,
    read_trials,
    recorded,
    refuse_other,
    trial_key,
)
from tidewheel_trainer.search.tally import winner

__all__ = ["Searched", "searched"]

# Six beats: a store that does not answer for some seconds takes some of them.
_GRACE_SECONDS = 60.0
_FIRST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS = 0.25, 5.0
# One pod may have been lost for another reason.
_MOST_LOST = 2


@dataclass(frozen=True, slots=True)
class Searched:
    """How many trials were planned, and the outcomes of all that any pod has run."""

    trials: int
    outcomes: tuple[SearchTrial, ...]


@dataclass(slots=True)
class _Known:
    """What this pod knows of all pods: outcomes by key, marks of begins, and signs of life.

    `beats` is each pod's last one, and `seen` when that was new, by this pod's clock. `planned`
    counts the trials of all rounds so far.
    """

    seen: dict[int, float]
    outcomes: dict[str, SearchTrial] = field(default_factory=dict)
    marks: frozenset[str] = frozenset()
    beats: dict[int, str] = field(default_factory=dict)
    planned: int = 0


def searched(searching: Searching) -> Searched:
    """Return what a search found when this pod has done its share and seen the others'.

    Raises:
        TrainerError: ArtifactDamaged, when another image planned other trials before.
    """
    begin = searching.run.surroundings.seconds()
    known, numbers = _Known(dict.fromkeys(range(searching.pod.count), begin)), set[int]()
    for number in range(searching.rounds):
        planned = planned_round(searching.task, number, tuple(known.outcomes.values()))
        numbers |= {trial.number for trial in planned}
        known.planned = len(numbers)
        _run_round(searching, known, planned)
        if searching.is_out_of_time:
            break
    return Searched(len(numbers), tuple(known.outcomes[key] for key in sorted(known.outcomes)))


def _run_round(searching: Searching, known: _Known, planned: Sequence[PlannedTrial]) -> None:
    pod = searching.pod
    _look(searching, known)
    # By place, not by number: later rungs have few of the numbers.
    for trial in planned[pod.index :: pod.count]:
        _run_unless_known(searching, known, trial, planned)
    _tell(searching, known, planned)
    _await_others(searching, known, planned)
    for trial in planned:
        key = trial_key(searching.run.folder, trial)
        if key in known.outcomes:
            refuse_other(key, known.outcomes[key], trial)


def _await_others(searching: Searching, known: _Known, planned: Sequence[PlannedTrial]) -> None:
    """Return when the round is complete, or this pod has no time left."""
    delay = _FIRST_WAIT_SECONDS
    while _missing(searching, known, planned) and not searching.is_out_of_time:
        if _look(searching, known):
            delay = _FIRST_WAIT_SECONDS
            _tell(searching, known, planned)
        elif orphans := _orphans(searching, known, planned):
            # From the end, as an owner that comes begins at the front, and each pod elsewhere.
            place = len(orphans) - 1 - searching.pod.index * len(orphans) // searching.pod.count
            _run_unless_known(searching, known, orphans[place], planned)
            _tell(searching, known, planned)
        else:
            searching.run.surroundings.wait(delay)
            delay = min(2 * delay, _LONGEST_WAIT_SECONDS)


def _orphans(
    searching: Searching, known: _Known, planned: Sequence[PlannedTrial]
) -> list[PlannedTrial]:
    """Return the missing trials that no living pod owns or has begun."""
    lost, count = _lost(searching, known), searching.pod.count
    of_lost = [trial for place, trial in enumerate(planned) if place % count in lost]
    return [
        trial
        for trial in _missing(searching, known, of_lost)
        if _others_begun(searching, known, trial) <= lost
    ]


def _run_unless_known(
    searching: Searching, known: _Known, trial: PlannedTrial, planned: Sequence[PlannedTrial]
) -> None:
    run = searching.run
    key = trial_key(run.folder, trial)
    if key in known.outcomes:
        return
    if run.store.has(key):
        _look(searching, known)
        return
    outcome = _outcome(searching, known, trial, planned)
    known.outcomes[key] = recorded(run.store, run.folder, outcome)


def _outcome(
    searching: Searching, known: _Known, trial: PlannedTrial, planned: Sequence[PlannedTrial]
) -> SearchTrial:
    run = searching.run
    if searching.is_out_of_time:
        return not_begun(trial)
    ended = _others_begun(searching, known, trial) & _lost(searching, known)
    if len(ended) >= _MOST_LOST:
        return given_up(
            trial,
            f"{len(ended)} pods ended while they fitted it; it may need more than "
            "`resources.memory`",
        )
    known.marks |= {mark_begin(run.store, run.folder, trial, searching.pod.index)}
    _tell(searching, known, planned)
    return fitted_trial(trial, searching.material, searching.rows, run.surroundings)


def _others_begun(searching: Searching, known: _Known, trial: PlannedTrial) -> set[int]:
    pod = searching.pod
    return pods_begun(known.marks, searching.run.folder, trial, pod.count) - {pod.index}


def _lost(searching: Searching, known: _Known) -> set[int]:
    """Return the pods that have given no sign of life for a while; this one lives."""
    now = searching.run.surroundings.seconds()
    return {
        index
        for index, seen in known.seen.items()
        if now - seen >= _GRACE_SECONDS and index != searching.pod.index
    }


def _look(searching: Searching, known: _Known) -> bool:
    """Read what other pods have written; say whether any trial was begun or has ended."""
    run = searching.run
    stored = read_trials(run.store, run.folder, known.outcomes)
    is_news = len(stored.outcomes) > len(known.outcomes) or stored.marks > known.marks
    now = run.surroundings.seconds()
    known.seen |= {pod: now for pod, beat in stored.beats.items() if known.beats.get(pod) != beat}
    known.outcomes, known.marks = dict(stored.outcomes), stored.marks
    known.beats = dict(stored.beats)
    return is_news


def _missing(
    searching: Searching, known: _Known, planned: Sequence[PlannedTrial]
) -> list[PlannedTrial]:
    folder = searching.run.folder
    return [trial for trial in planned if trial_key(folder, trial) not in known.outcomes]


def _tell(searching: Searching, known: _Known, planned: Sequence[PlannedTrial]) -> None:
    """Tell how far the search is: trials with an outcome, and the best of them."""
    missing = _missing(searching, known, planned)
    done = len(planned) - len(missing)
    rounds, number = searching.rounds, planned[0].round_number
    share = (number + done / len(planned)) / rounds
    percents = searching.percents
    best = winner(known.outcomes.values())
    found = (
        f"best {float(best.score):.4g} by {best.candidate}" if best and best.score else "no score"
    )
    of_rounds = f" of round {number + 1} of {rounds}" if rounds > 1 else ""
    searching.run.progress(
        "Searching",
        percents.start + int(share * len(percents)),
        f"{done} of {len(planned)} trials{of_rounds} are done; {found}",
        search_details(
            known.planned,
            tuple(known.outcomes.values()),
            {trial.number for trial in missing},
            sum(_is_begun(searching, known, trial) for trial in missing),
        ),
    )


def _is_begun(searching: Searching, known: _Known, trial: PlannedTrial) -> bool:
    folder, count = searching.run.folder, searching.pod.count
    return bool(pods_begun(known.marks, folder, trial, count) - _lost(searching, known))
