"""Halving gives each rung a third of the trials and three times the rows."""

import pytest
from tests.unit.trainer.search.searches import SHARE, bayes, outcome, task, tree

from tidewheel_contracts.artifact.search_trial import SearchTrial
from tidewheel_trainer.search.halving import rung_divisors
from tidewheel_trainer.search.plan import planned_round, round_count
from tidewheel_trainer.search.planned import PlannedTrial


def _scored(trial: PlannedTrial) -> SearchTrial:
    """Score each trial by its number: the middle one is the best."""
    return outcome(trial, f"{0.9 - abs(trial.number - 13) / 100:.2f}")


def test_the_best_third_goes_on_with_three_times_the_rows() -> None:
    plan = task(tree(SHARE), trials=27, method="Halving", largest_divisor=81)
    rungs: list[tuple[int, list[int]]] = []
    known: list[SearchTrial] = []
    for number in range(round_count(plan)):
        planned = planned_round(plan, number, known)
        rungs.append((planned[0].divisor, [trial.number for trial in planned]))
        known += [_scored(trial) for trial in planned]
    assert rungs == [
        (27, list(range(27))),
        (9, list(range(9, 18))),
        (3, [12, 13, 14]),
        (1, [13]),
    ]
    assert planned_round(plan, 4, known) == ()


def test_a_trial_keeps_its_number_and_parameters() -> None:
    plan = task(bayes(), tree(SHARE), trials=9, method="Halving", largest_divisor=9)
    first = planned_round(plan, 0, ())
    second = planned_round(plan, 1, [outcome(trial, f"0.{trial.number}") for trial in first])
    assert [(each.number, each.parameters) for each in second] == [
        (each.number, each.parameters) for each in first[-3:]
    ]


def test_of_equals_the_earlier_trial_goes_on() -> None:
    plan = task(tree(SHARE), trials=9, method="Halving", largest_divisor=9)
    equal = [outcome(trial, "0.5") for trial in planned_round(plan, 0, ())]
    assert [each.number for each in planned_round(plan, 1, equal)] == [0, 1, 2]


def test_a_failed_trial_does_not_go_on() -> None:
    plan = task(tree(SHARE), trials=9, method="Halving", largest_divisor=9)
    first = planned_round(plan, 0, ())
    known = [outcome(first[4], "0.5"), *(outcome(each, failure="no") for each in first[:4])]
    assert [each.number for each in planned_round(plan, 1, known)] == [4]
    assert planned_round(plan, 1, [outcome(each, failure="no") for each in first]) == ()


@pytest.mark.parametrize(
    ("trials", "largest_divisor", "divisors"),
    [
        pytest.param(1, 81, (1,), id="one trial"),
        pytest.param(2, 81, (1,), id="two trials"),
        pytest.param(3, 81, (3, 1), id="three trials"),
        pytest.param(32, 81, (27, 9, 3, 1), id="many trials"),
        pytest.param(32, 3, (3, 1), id="few rows"),
        pytest.param(32, 1, (1,), id="too few rows to divide"),
    ],
)
def test_there_are_as_many_rungs_as_trials_and_rows_allow(
    trials: int, largest_divisor: int, divisors: tuple[int, ...]
) -> None:
    plan = task(tree(SHARE), method="Halving", largest_divisor=largest_divisor)
    assert rung_divisors(plan, trials) == divisors
