"""Curves of probabilities, against values worked out by hand."""

import numpy as np
import pytest
from sklearn import metrics

from tidewheel_trainer.run_report.curves import (
    Curve,
    average_precision,
    precision_recall,
    reliability,
    roc,
    score_shares,
    thinned,
)

POSITIVE = np.array([True, False, True, True, False])
SCORES = np.array([0.9, 0.8, 0.8, 0.3, 0.1])


def _points(curve: Curve | None) -> list[tuple[float, float]]:
    assert curve is not None
    return list(zip(curve.x.tolist(), curve.y.tolist(), strict=True))


def test_a_roc_curve_takes_rows_of_one_score_together() -> None:
    third = pytest.approx(1 / 3)
    assert _points(roc(POSITIVE, SCORES)) == [
        (0, 0),
        (0, third),
        (0.5, pytest.approx(2 / 3)),
        (0.5, 1),
        (1, 1),
    ]


def test_precision_and_recall_are_told_at_each_threshold() -> None:
    curve = precision_recall(POSITIVE, SCORES)
    assert _points(curve) == [
        (pytest.approx(1 / 3), 1),
        (pytest.approx(2 / 3), pytest.approx(2 / 3)),
        (1, 0.75),
        (1, pytest.approx(0.6)),
    ]
    assert curve is not None
    assert average_precision(curve) == pytest.approx((1 + 2 / 3 + 0.75) / 3)


def test_curves_have_the_areas_that_scikit_learn_finds() -> None:
    random = np.random.default_rng(0)
    scores = random.integers(0, 40, 500) / 40
    positive = random.random(500) < scores
    curve, precision = roc(positive, scores), precision_recall(positive, scores)
    assert curve is not None
    assert precision is not None
    assert np.trapezoid(curve.y, curve.x) == pytest.approx(metrics.roc_auc_score(positive, scores))
    expected = metrics.average_precision_score(positive, scores)
    assert average_precision(precision) == pytest.approx(expected)


@pytest.mark.parametrize("is_positive", [True, False])
def test_rows_of_one_class_have_no_roc_curve(is_positive: bool) -> None:
    assert roc(np.full(3, is_positive), SCORES[:3]) is None


def test_without_a_positive_row_there_is_no_recall() -> None:
    assert precision_recall(np.zeros(3, bool), SCORES[:3]) is None


def test_reliability_counts_the_bins_that_hold_rows() -> None:
    probabilities = np.array([0.0, 0.02, 0.55, 0.57, 0.58, 1.0])
    positive = np.array([False, True, True, False, True, True])
    found = reliability(positive, probabilities)
    assert found.predicted == pytest.approx([0.01, 1.7 / 3, 1.0])
    assert found.observed == pytest.approx([0.5, 2 / 3, 1.0])
    assert found.rows.tolist() == [2, 3, 1]


def test_scores_of_each_class_are_shares_of_that_class() -> None:
    negative, positive = score_shares(POSITIVE, SCORES, bins=2)
    assert (negative.tolist(), positive.tolist()) == ([0.5, 0.5], pytest.approx([1 / 3, 2 / 3]))


def test_a_class_without_rows_has_no_shares() -> None:
    negative, positive = score_shares(np.ones(2, bool), np.array([0.1, 1.0]), bins=2)
    assert (negative.tolist(), positive.tolist()) == ([0, 0], [0.5, 0.5])


def test_a_long_curve_keeps_its_ends_and_its_corner() -> None:
    corner = np.concatenate([np.zeros(1000), np.linspace(0, 1, 1001)])
    rise = np.concatenate([np.linspace(0, 1, 1000), np.ones(1001)])
    kept = _points(thinned(Curve(corner, rise), most=5))
    assert len(kept) <= 7
    assert (kept[0], kept[-1]) == ((0, 0), (1, 1))
    assert (0, 1) in [(round(x, 2), round(y, 2)) for x, y in kept]


def test_a_short_curve_stays_as_it_is() -> None:
    curve = Curve(np.array([0.0, 1.0]), np.array([0.0, 1.0]))
    assert thinned(curve) is curve
