"""TPE proposes trials where earlier ones did well, the same ones in every pod."""

import warnings

import pytest
from tests.unit.trainer.search.searches import (
    CRITERION,
    DEPTH,
    LEAF,
    SHARE,
    bayes,
    outcome,
    shown,
    task,
    tree,
)

from tidewheel_contracts.artifact.search_trial import SearchTrial
from tidewheel_trainer.search.plan import planned_round, round_count
from tidewheel_trainer.search.planned import PlannedTrial, SearchTask

SPACE = (DEPTH, LEAF, SHARE, CRITERION)


def _scored(trial: PlannedTrial) -> SearchTrial:
    """Score best at a depth of 5 and a small share."""
    depth, share = (trial.parameters[name] for name in ("max_depth", "min_weight_fraction_leaf"))
    return outcome(trial, f"{1 - abs(depth - 5) / 10 - share:.6f}")


def _searched(plan: SearchTask) -> list[SearchTrial]:
    known: list[SearchTrial] = []
    for number in range(round_count(plan)):
        known += [_scored(trial) for trial in planned_round(plan, number, known)]
    return known


def test_a_round_has_as_many_trials_as_there_are_pods() -> None:
    plan = task(tree(*SPACE), trials=11, method="TPE", parallelism=4)
    known = _searched(plan)
    assert [(each.round_number, each.number) for each in known] == [
        (number // 4, number) for number in range(11)
    ]


def test_later_trials_are_better_than_random_ones() -> None:
    space = task(tree(*SPACE), trials=40, method="TPE", parallelism=4)
    known = [float(each.score or 0) for each in _searched(space)]
    assert sum(known[20:]) / 20 > sum(known[:10]) / 10 + 0.1


def test_proposals_depend_on_neither_the_order_of_outcomes_nor_on_those_of_later_rounds() -> None:
    plan = task(tree(*SPACE), trials=20, method="TPE", parallelism=4)
    known = _searched(plan)
    expected = planned_round(plan, 3, known[:12])
    assert planned_round(plan, 3, known[::-1]) == expected


def test_proposals_depend_on_the_scores_of_earlier_rounds() -> None:
    plan = task(tree(*SPACE), trials=20, method="TPE", parallelism=4)
    known = _searched(plan)[:16]
    turned = [each.model_copy(update={"score": f"-{each.score}"}) for each in known]
    assert planned_round(plan, 4, known) != planned_round(plan, 4, turned)


def test_candidates_take_turns_and_learn_from_their_own_trials_only() -> None:
    plan = task(bayes(), tree(DEPTH, SHARE), tree(LEAF, name="leaf"), trials=6, method="TPE")
    known = []
    for number in range(round_count(plan)):
        known += [
            outcome(trial, f"0.{trial.number}") for trial in planned_round(plan, number, known)
        ]
    assert [(each.round_number, each.number, each.candidate) for each in known] == [
        (0, 0, "bayes"),
        (0, 1, "tree"),
        (1, 2, "leaf"),
        (1, 3, "tree"),
        (2, 4, "leaf"),
        (2, 5, "tree"),
    ]


def test_failed_trials_and_those_that_did_not_begin_tell_nothing() -> None:
    plan = task(tree(*SPACE), trials=8, method="TPE", parallelism=4)
    first = planned_round(plan, 0, ())
    failed = [outcome(first[0], failure="no"), *(outcome(each) for each in first[1:])]
    assert shown(planned_round(plan, 1, failed)) == shown(planned_round(plan, 1, ()))


def test_a_combination_that_was_tried_is_not_tried_again() -> None:
    values = {"parameter": "max_depth", "choice": {"values": [[1, 2], None, 3]}}
    plan = task(tree(values), trials=30, method="TPE", parallelism=3)
    known: list[SearchTrial] = []
    for number in range(round_count(plan)):
        known += [outcome(trial, "0.5") for trial in planned_round(plan, number, known)]
    assert sorted(str(each.parameters["max_depth"]) for each in known) == ["3", "None", "[1, 2]"]


def test_optuna_says_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    with warnings.catch_warnings(record=True) as caught:
        _searched(task(tree(*SPACE), trials=12, method="TPE", parallelism=4))
    assert (capfd.readouterr(), caught) == (("", ""), [])
