"""The area, its placements and the clustered error, against slow and obvious computations."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidewheel_trainer.train.auc import auc, auc_difference, placements


def _slow_placement(positive: np.ndarray, scores: np.ndarray, row: int) -> float:
    others = scores[positive != positive[row]]
    wins = np.sum(scores[row] > others) if positive[row] else np.sum(scores[row] < others)
    return float((wins + 0.5 * np.sum(scores[row] == others)) / len(others))


# Few distinct scores, so that ties are common.
_ROWS = st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=2, max_size=30).filter(
    lambda rows: len({positive for positive, _ in rows}) == 2
)


@given(_ROWS)
def test_placements_are_the_shares_of_the_other_class_ranked_right(
    rows: list[tuple[bool, int]],
) -> None:
    positive = np.array([row[0] for row in rows])
    scores = np.array([float(row[1]) for row in rows])
    expected = [_slow_placement(positive, scores, row) for row in range(len(rows))]
    assert placements(positive, scores) == pytest.approx(expected)


@given(_ROWS)
def test_reversed_scores_give_the_rest_of_the_area(rows: list[tuple[bool, int]]) -> None:
    positive = np.array([row[0] for row in rows])
    scores = np.array([float(row[1]) for row in rows])
    assert auc(positive, scores) == pytest.approx(1 - auc(positive, -scores))


def test_the_area_is_one_half_when_every_score_is_equal() -> None:
    assert auc(np.array([True, False, False]), np.ones(3)) == 0.5


def test_a_model_compared_with_itself_differs_by_nothing_without_error() -> None:
    random = np.random.default_rng(1)
    positive, scores = random.random(200) < 0.3, random.random(200)
    found = auc_difference(positive, scores, scores.copy(), np.arange(200) // 20)
    assert (found.difference, found.standard_error, found.clusters) == (0.0, 0.0, 10)


def test_with_one_row_per_cluster_the_error_is_that_of_delong() -> None:
    random = np.random.default_rng(2)
    positive = random.random(500) < 0.4
    first = positive + random.normal(size=500)
    second = positive + random.normal(size=500)
    found = auc_difference(positive, first, second, np.arange(500))
    differences = placements(positive, first) - placements(positive, second)
    ours, theirs = differences[positive], differences[~positive]
    delong = np.sqrt(np.var(ours, ddof=1) / len(ours) + np.var(theirs, ddof=1) / len(theirs))
    assert found.standard_error == pytest.approx(delong, rel=0.01)


def test_the_clustered_error_is_that_of_resampled_days() -> None:
    random = np.random.default_rng(3)
    days = np.repeat(np.arange(60), 40)
    weather = random.normal(size=60)[days]
    positive = random.random(2400) < 1 / (1 + np.exp(1 - weather))
    first = weather + random.normal(size=2400)
    second = random.normal(size=60)[days] + 0.5 * weather + random.normal(size=2400)
    found = auc_difference(positive, first, second, days)
    resampled = []
    for _ in range(300):
        chosen = random.integers(0, 60, size=60)
        rows = (chosen[:, None] * 40 + np.arange(40)).ravel()
        resampled.append(auc(positive[rows], first[rows]) - auc(positive[rows], second[rows]))
    assert found.standard_error == pytest.approx(np.std(resampled), rel=0.2)


def test_one_cluster_tells_nothing_about_the_error() -> None:
    positive = np.array([True, False, True, False])
    found = auc_difference(positive, np.arange(4.0), np.ones(4), np.zeros(4))
    assert found.standard_error == np.inf
