"""How values of any size are written, for people and for status."""

import numpy as np
import pytest

from tidewheel_contracts.api.v1alpha1.common import Metric
from tidewheel_contracts.api.v1alpha1.gate import MetricName
from tidewheel_trainer.train.measures import MEASURES
from tidewheel_trainer.train.numbers_shown import decimal_text, shown, signed

AUC = MEASURES[MetricName.ROC_AUC]
MAE = MEASURES[MetricName.MEAN_ABSOLUTE_ERROR]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (3.25, "3.25"),
        (1234567.0, "1235000"),
        (0.000012345, "0.00001234"),
        (1e30, "1" + "0" * 30),
        (np.inf, "inf"),
    ],
)
def test_an_error_has_four_digits_whatever_its_unit(value: float, text: str) -> None:
    assert shown(MAE, value) == text


def test_a_score_has_decimals() -> None:
    assert [shown(AUC, 0.70249), shown(AUC, 0.70249, 4)] == ["0.702", "0.7025"]


def test_a_difference_has_a_sign_unless_it_shows_as_nothing() -> None:
    assert [signed(AUC, each) for each in (0.1, -0.1, -0.0001)] == ["+0.100", "-0.100", "0.000"]
    assert [signed(MAE, each) for each in (1500.0, -0.0001, -0.0)] == ["+1500", "-0.0001", "0"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.7123456789, "0.712346"),
        (-3.25, "-3.250000"),
        (0.0, "0.000000"),
        (0.0000123456, "0.0000123456"),
        (999_999_999_999.0, "999999999999.000000"),
        (1e12, None),
        (np.inf, None),
        (np.nan, None),
    ],
)
def test_status_holds_six_digits_of_what_it_can_hold(value: float, text: str | None) -> None:
    assert decimal_text(value) == text
    if text is not None:
        assert Metric(name="r2", value=text).value == text
