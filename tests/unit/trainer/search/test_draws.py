"""Random trials follow from the seed and their number alone."""

from tests.unit.trainer.search.searches import (
    CRITERION,
    DEPTH,
    LEAF,
    SHARE,
    bayes,
    shown,
    task,
    tree,
)

from tidewheel_trainer.search.plan import planned_round, round_count

CANDIDATES = (bayes(), tree(DEPTH, SHARE), tree(LEAF, name="leaf", max_depth=3))


def test_fixed_candidates_come_first_and_the_others_in_turn() -> None:
    plan = task(*CANDIDATES, trials=6, seed=3)
    assert round_count(plan) == 1
    assert shown(planned_round(plan, 0, ())) == [
        (0, "bayes", {}),
        (1, "tree", {"max_depth": 9, "min_weight_fraction_leaf": 0.163472}),
        (2, "leaf", {"max_depth": 3, "min_samples_leaf": 1}),
        (3, "tree", {"max_depth": 3, "min_weight_fraction_leaf": 0.128659}),
        (4, "leaf", {"max_depth": 3, "min_samples_leaf": 266}),
        (5, "tree", {"max_depth": 1, "min_weight_fraction_leaf": 0.353616}),
    ]


def test_a_trial_depends_on_neither_parallelism_nor_the_number_of_trials() -> None:
    few = planned_round(task(*CANDIDATES, trials=6, parallelism=1), 0, ())
    many = planned_round(task(*CANDIDATES, trials=40, parallelism=7), 0, ())
    assert many[:6] == few


def test_another_seed_draws_other_trials() -> None:
    first, second = (
        shown(planned_round(task(tree(SHARE), trials=4, seed=seed), 0, ())) for seed in (0, 1)
    )
    assert first != second


def test_a_combination_that_was_drawn_is_not_tried_again() -> None:
    plan = planned_round(task(tree(CRITERION), trials=50), 0, ())
    assert sorted(each.parameters["criterion"] for each in plan) == ["entropy", "gini"]


def test_without_a_space_each_candidate_is_one_trial() -> None:
    plan = planned_round(task(bayes(), bayes("other", var_smoothing=0.1), trials=9), 0, ())
    assert shown(plan) == [(0, "bayes", {}), (1, "other", {"var_smoothing": 0.1})]
