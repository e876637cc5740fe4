"""What is judged by must be a number."""

import numpy as np
import pytest

from tidewheel_contracts.api.v1alpha1.gate import MetricName
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.train.finite_value import finite_value
from tidewheel_trainer.train.measures import MEASURES

ONE_CLASS = np.zeros(5, dtype=int)
EVEN = np.full((5, 2), 0.5)


def test_a_metric_that_is_a_number_is_returned() -> None:
    truth = np.array([0, 0, 1, 1, 0])

    assert finite_value(MEASURES[MetricName.ROC_AUC], truth, EVEN, "forest") == 0.5


@pytest.mark.filterwarnings("ignore:Mean of empty slice:RuntimeWarning")
@pytest.mark.parametrize("name", [MetricName.ROC_AUC, MetricName.AVERAGE_PRECISION])
def test_one_class_has_no_ranking(name: MetricName) -> None:
    with pytest.raises(TrainerError) as caught:
        finite_value(MEASURES[name], ONE_CLASS, EVEN, "forest")

    assert (caught.value.reason, caught.value.message) == (
        FailureReason.METRIC_UNAVAILABLE,
        f"`{name}` of 'forest' cannot be computed on 5 rows: all of them are of one class; choose "
        "a metric that one class defines, such as log_loss, or a split that gives more rows to "
        "judge by",
    )


def test_an_error_beyond_all_numbers_is_named() -> None:
    numbers = np.array([1.0, 2.0, 1e200])

    with pytest.raises(TrainerError) as caught:
        finite_value(MEASURES[MetricName.ROOT_MEAN_SQUARED_ERROR], np.zeros(3), numbers, "linear")

    assert (caught.value.reason, caught.value.message) == (
        FailureReason.METRIC_UNAVAILABLE,
        "`root_mean_squared_error` of 'linear' cannot be computed on 3 rows: it is no finite "
        "number, and the largest answer is 1e+200; choose another metric, or parameters by which "
        "the fit converges",
    )
