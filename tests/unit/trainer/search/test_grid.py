"""A grid is every combination once, in a fixed order."""

from tests.unit.trainer.search.searches import CRITERION, bayes, shown, task, tree

from tidewheel_trainer.search.plan import planned_round, round_count


def test_the_last_dimension_moves_fastest_and_a_fixed_candidate_is_one_trial() -> None:
    depths = {"parameter": "max_depth", "choice": {"values": [2, None]}}
    grid = task(tree(CRITERION, depths, max_features=2), bayes(), method="Grid")
    assert round_count(grid) == 1
    assert shown(planned_round(grid, 0, ())) == [
        (0, "tree", {"max_features": 2, "criterion": "gini", "max_depth": 2}),
        (1, "tree", {"max_features": 2, "criterion": "gini", "max_depth": None}),
        (2, "tree", {"max_features": 2, "criterion": "entropy", "max_depth": 2}),
        (3, "tree", {"max_features": 2, "criterion": "entropy", "max_depth": None}),
        (4, "bayes", {}),
    ]


def test_a_value_that_is_listed_twice_is_tried_once() -> None:
    grid = task(tree({"parameter": "max_depth", "choice": {"values": [2, 2, 3]}}), method="Grid")
    assert shown(planned_round(grid, 0, ())) == [
        (0, "tree", {"max_depth": 2}),
        (2, "tree", {"max_depth": 3}),
    ]
