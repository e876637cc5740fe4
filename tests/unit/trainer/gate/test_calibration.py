"""Whether probabilities mean what they say."""

import numpy as np
import pytest

from tidewheel_trainer.train.gate.calibration import (
    Calibration,
    Ranking,
    calibration,
    calibration_decision,
    recalibrate_note,
)
from tidewheel_trainer.train.gate.decision import Answer, Decision

MOVED = Calibration(error=0.09, gap=-0.0875, label="late", mean=0.2125, share=0.3)
QUESTION = "Is the mean prediction near the share of the class?"
WORDS = (
    "mean prediction of 'late' 0.2125, share of the rows 0.3000, expected calibration error 0.0900"
)
NUMBERS = (("calibration_gap", -0.0875), ("expected_calibration_error", 0.09))


def test_of_two_classes_the_second_ones_probability_is_compared_with_its_share() -> None:
    later = np.array([0.125, 0.125, 0.5, 0.5, 1.0])
    found = calibration(
        ("no", "yes"), np.array([0, 1, 0, 1, 1]), np.column_stack([1 - later, later])
    )
    # Bins of .1: two rows at .125 with half of them yes, two at .5 with half, one at 1 with all.
    assert found == Calibration(
        error=pytest.approx(0.75 / 5),
        gap=pytest.approx(0.45 - 0.6),
        label="yes",
        mean=pytest.approx(0.45),
        share=pytest.approx(0.6),
    )


def test_of_more_classes_the_most_probable_one_counts_and_the_largest_gap() -> None:
    answers = np.array([[0.6, 0.3, 0.1], [0.6, 0.2, 0.2], [0.1, 0.8, 0.1], [0.25, 0.0, 0.75]])
    found = calibration(("a", "b", "c"), np.array([0, 1, 1, 2]), answers)
    # At .6 one of two is right, at .8 and .75 the only one.
    assert found == Calibration(
        error=pytest.approx((0.2 + 0.2 + 0.25) / 4),
        gap=pytest.approx(0.325 - 0.5),
        label="b",
        mean=pytest.approx(0.325),
        share=pytest.approx(0.5),
    )


def test_probabilities_that_come_true_have_no_error() -> None:
    answers = np.array([[0.5, 0.5], [0.5, 0.5], [1.0, 0.0]])
    found = calibration(("no", "yes"), np.array([0, 1, 0]), answers)
    assert (found.error, found.gap) == (0.0, 0.0)


def test_without_a_maximum_nothing_is_asked_and_the_numbers_are_told() -> None:
    assert calibration_decision(MOVED, None) == Decision(
        "calibration", QUESTION, Answer.NOT_ASKED, WORDS, NUMBERS
    )


def test_a_gap_beyond_the_maximum_refuses_whatever_its_sign() -> None:
    assert calibration_decision(MOVED, 0.05) == Decision(
        "calibration",
        QUESTION,
        Answer.NO,
        f"{WORDS}; a gap of at most 0.05 is asked",
        NUMBERS,
        "CalibrationGap",
        "a gap of at most 0.05 between mean prediction and share of 'late' (found 0.0875)",
    )
    assert calibration_decision(MOVED, 0.0875).answer is Answer.YES


def test_a_share_that_moved_while_the_ranking_holds_asks_for_recalibration() -> None:
    assert recalibrate_note(MOVED, Ranking(0.969, least=0.968)) == (
        "Recalibrate: the mean prediction of 'late' is 0.212 and its share 0.300, while roc_auc "
        "holds at 0.969"
    )


@pytest.mark.parametrize(
    ("gap", "area"),
    [
        pytest.param(0.05, 0.969, id="a small move"),
        pytest.param(0.0875, 0.967, id="a worse ranking"),
        pytest.param(0.0875, np.nan, id="an undefined ranking"),
    ],
)
def test_no_advice_is_given_without_need(gap: float, area: float) -> None:
    found = Calibration(error=0.09, gap=gap, label="late", mean=0.3, share=0.3 - gap)
    assert recalibrate_note(found, Ranking(area, least=0.968)) == ""
