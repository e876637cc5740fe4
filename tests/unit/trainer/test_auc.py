"""The area, its placements and influence values, against slow and obvious computations."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tidewheel_trainer.train.auc import auc, auc_influence, placements


def _slow_placement(positive: np.ndarray, scores: np.ndarray, row: int) -> float:
    others = scores[positive != positive[row]]
    wins = np.sum(scores[row] > others) if positive[row] else np.sum(scores[row] < others)
    return float((wins + 0.5 * np.sum(scores[row] == others)) / len(others))


# Few distinct scores, so that ties are common.
_ROWS = st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=2, max_size=30).filter(
    lambda rows: len({positive for positive, _ in rows}) == 2
)


@settings(deadline=None)
@given(_ROWS)
def test_placements_are_the_shares_of_the_other_class_ranked_right(
    rows: list[tuple[bool, int]],
) -> None:
    positive = np.array([row[0] for row in rows])
    scores = np.array([float(row[1]) for row in rows])
    expected = [_slow_placement(positive, scores, row) for row in range(len(rows))]
    assert placements(positive, scores) == pytest.approx(expected)


@settings(deadline=None)
@given(_ROWS)
def test_reversed_scores_give_the_rest_of_the_area(rows: list[tuple[bool, int]]) -> None:
    positive = np.array([row[0] for row in rows])
    scores = np.array([float(row[1]) for row in rows])
    assert auc(positive, scores) == pytest.approx(1 - auc(positive, -scores))


def test_the_area_is_one_half_when_every_score_is_equal() -> None:
    assert auc(np.array([True, False, False]), np.ones(3)) == 0.5


def test_with_one_row_per_cluster_the_error_is_that_of_delong() -> None:
    random = np.random.default_rng(2)
    positive = random.random(500) < 0.4
    first = positive + random.normal(size=500)
    second = positive + random.normal(size=500)
    influence = auc_influence(positive, first) - auc_influence(positive, second)
    differences = placements(positive, first) - placements(positive, second)
    ours, theirs = differences[positive], differences[~positive]
    delong = np.sqrt(np.var(ours, ddof=1) / len(ours) + np.var(theirs, ddof=1) / len(theirs))
    assert np.sqrt(np.sum(influence**2)) == pytest.approx(delong, rel=0.01)


@settings(deadline=None)
@given(_ROWS)
def test_influence_values_add_up_to_nothing(rows: list[tuple[bool, int]]) -> None:
    positive = np.array([row[0] for row in rows])
    scores = np.array([float(row[1]) for row in rows])
    assert np.sum(auc_influence(positive, scores)) == pytest.approx(0, abs=1e-12)
