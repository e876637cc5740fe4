"""When a candidate is advised to be calibrated again."""

import numpy as np
import pytest

from tidewheel_trainer.train.outright import calibration_note

# Ranks all but one pair right, and says .6 in the mean where .4 are late.
TRUTH = np.array([0, 0, 0, 1, 1])
LATER = np.array([0.3, 0.45, 0.75, 0.7, 0.8])
WORSE = np.array([0.3, 0.8, 0.75, 0.7, 0.8])
CLASSES = ("on time", "late")
NOTE = (
    "Recalibrate: the mean prediction of 'late' is 0.600 and its share 0.400, while roc_auc holds "
    "at 0.833"
)


def _answers(later: np.ndarray) -> np.ndarray:
    return np.column_stack([1 - later, later])


@pytest.mark.parametrize(
    ("champion", "note"),
    [
        pytest.param(None, NOTE, id="a first model that is better than chance"),
        pytest.param(_answers(LATER), NOTE, id="as good as the champion"),
        pytest.param(_answers(WORSE), NOTE, id="better than the champion"),
        pytest.param(_answers(TRUTH.astype(float)), "", id="worse than the champion"),
    ],
)
def test_the_advice_is_given_while_the_ranking_holds(
    champion: np.ndarray | None, note: str
) -> None:
    assert calibration_note(CLASSES, TRUTH, _answers(LATER), champion) == note


def test_a_ranking_by_chance_is_not_worth_the_advice() -> None:
    assert calibration_note(CLASSES, TRUTH, _answers(np.full(5, 0.6)), None) == ""


def test_a_number_is_not_calibrated() -> None:
    assert calibration_note((), np.array([1.5, 2.5]), np.array([1.0, 2.0]), None) == ""
