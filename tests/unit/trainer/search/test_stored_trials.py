"""Outcomes are written once, read once, and told from marks."""

from typing import Any

import pytest
from tests.unit.trainer.search.searches import DEPTH, FOLDER, outcome, task, tree

from tidewheel_contracts.artifact.search_trial import SearchTrial
from tidewheel_trainer.search.plan import planned_round
from tidewheel_trainer.search.stored_trials import (
    beat,
    mark_begin,
    pods_begun,
    read_trials,
    recorded,
)

FIRST, SECOND = planned_round(task(tree(DEPTH), trials=2), 0, ())


def test_the_first_outcome_of_a_trial_counts(store: Any) -> None:
    first, second = outcome(FIRST, "0.5", seconds=1.25), outcome(FIRST, "0.5", seconds=7.0)
    assert recorded(store, FOLDER, first) == first
    assert recorded(store, FOLDER, second) == first
    assert read_trials(store, FOLDER).outcomes == {f"{FOLDER}/search/0000-0000.json": first}


def test_a_known_outcome_is_not_read_again(store: Any) -> None:
    recorded(store, FOLDER, outcome(FIRST, "0.5"))
    known = read_trials(store, FOLDER)
    recorded(store, FOLDER, outcome(SECOND, "0.6"))
    store.reads.clear()
    assert list(read_trials(store, FOLDER, known.outcomes).outcomes.values()) == [
        outcome(FIRST, "0.5"),
        outcome(SECOND, "0.6"),
    ]
    assert store.reads == [f"{FOLDER}/search/0000-0001.json"]


def test_marks_tell_who_has_begun_a_trial_and_beats_who_lives(store: Any) -> None:
    marks = [mark_begin(store, FOLDER, FIRST, pod) for pod in (0, 0, 11)]
    beat(store, FOLDER, 11, "1.5")
    found = read_trials(store, FOLDER)
    assert (found.outcomes, found.marks, found.beats.keys()) == ({}, set(marks), {11})
    assert pods_begun(found.marks, FOLDER, FIRST, 12) == {0, 11}
    assert pods_begun(found.marks, FOLDER, SECOND, 12) == set()
    beat(store, FOLDER, 11, "2.5")
    assert read_trials(store, FOLDER).beats[11] != found.beats[11]


def test_an_outcome_is_a_score_a_failure_or_neither() -> None:
    with pytest.raises(ValueError, match="a trial has a score or a failure, not both"):
        SearchTrial(round_number=0, number=0, candidate="a", parameters={}, score="1", failure="no")
