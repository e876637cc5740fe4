"""The error of a difference: worked out by hand, and against resampled clusters."""

import numpy as np
import pytest

from tidewheel_contracts.api.v1alpha1.gate import MetricName, Task
from tidewheel_trainer.train.comparing import Comparison, compared
from tidewheel_trainer.train.measures import MEASURES, Measure

MAE = MEASURES[MetricName.MEAN_ABSOLUTE_ERROR]
RMSE = MEASURES[MetricName.ROOT_MEAN_SQUARED_ERROR]
MEDIAN = MEASURES[MetricName.MEDIAN_ABSOLUTE_ERROR]
NOTHING = np.zeros(6)
DAYS = np.array([1, 1, 2, 2, 3, 3])
# Distances to nothing; their differences are 1, 1, 0, -2, 1, 2, so 2, -2 and 3 per day.
FIRST = np.array([2.0, 3.0, 1.0, 1.0, 4.0, 5.0])
SECOND = np.array([1.0, 2.0, 1.0, 3.0, 3.0, 3.0])


def test_the_error_of_a_mean_is_that_of_the_sums_of_days() -> None:
    found = compared(MAE, NOTHING, FIRST, SECOND, DAYS)
    # The mean difference is .5, so days deviate by 1, -3 and 2 of 6 rows; 3 / (3 - 1) corrects.
    error = np.sqrt((1 + 9 + 4) / 36 * 3 / 2)
    expected = Comparison(MAE, 16 / 6, 13 / 6, 0.5, error, clusters=3)
    assert (found.candidate, found.champion, found.difference) == pytest.approx(
        (expected.candidate, expected.champion, expected.difference)
    )
    assert (found.standard_error, found.clusters, found.alike) == (pytest.approx(error), 3, False)


def test_the_error_of_a_root_is_half_of_the_inverse_root_times_that_of_the_mean() -> None:
    found = compared(RMSE, NOTHING, FIRST, SECOND, DAYS)
    squares = FIRST**2, SECOND**2
    roots = [np.sqrt(np.mean(each)) for each in squares]
    rows = [(each - np.mean(each)) / (2 * root) for each, root in zip(squares, roots, strict=True)]
    per_day = (rows[0] - rows[1]).reshape(3, 2).sum(axis=1)
    error = np.sqrt(np.sum(per_day**2) * 3 / 2) / 6
    assert (found.difference, found.standard_error) == pytest.approx((roots[0] - roots[1], error))


def test_the_error_of_a_median_is_that_of_leaving_out_days() -> None:
    found = compared(MEDIAN, NOTHING, FIRST, SECOND, DAYS)
    # Medians without day 1, 2, 3: 2.5, 3.5, 1.5 and 3, 2.5, 1.5.
    differences = np.array([-0.5, 1.0, 0.0])
    variance = 2 / 3 * np.sum((differences - differences.mean()) ** 2)
    assert found.standard_error == pytest.approx(np.sqrt(variance))


@pytest.mark.parametrize("measure", [MAE, MEDIAN])
def test_a_model_compared_with_itself_differs_by_nothing_without_error(measure: Measure) -> None:
    found = compared(measure, NOTHING, FIRST, FIRST.copy(), DAYS)
    assert (found.difference, found.standard_error, found.clusters, found.alike) == (0, 0, 3, True)


@pytest.mark.parametrize("measure", [MAE, MEDIAN])
def test_one_cluster_tells_nothing_about_the_error(measure: Measure) -> None:
    assert compared(measure, NOTHING, FIRST, SECOND, np.ones(6)).standard_error == np.inf


def test_a_class_that_one_day_alone_holds_leaves_the_error_unknown() -> None:
    precision = MEASURES[MetricName.AVERAGE_PRECISION]
    codes = np.array([1, 0, 0, 0, 0, 0])
    chances = np.column_stack([1 - FIRST / 10, FIRST / 10])
    others = np.column_stack([1 - SECOND / 10, SECOND / 10])
    assert compared(precision, codes, chances, others, DAYS).standard_error == np.inf


_COUNT, _ROWS = 80, 30


def _resampled(measure: Measure, truth: np.ndarray, first: np.ndarray, second: np.ndarray) -> float:
    """Return the error over 400 draws of whole days."""
    random = np.random.default_rng(9)
    differences = []
    for _ in range(400):
        days = random.integers(0, _COUNT, _COUNT)
        rows = (days[:, None] * _ROWS + np.arange(_ROWS)).ravel()
        differences.append(
            measure.function(truth[rows], first[rows]) - measure.function(truth[rows], second[rows])
        )
    return float(np.std(differences))


def _numbers(random: np.random.Generator, weather: np.ndarray) -> tuple[np.ndarray, ...]:
    count = len(weather)
    truth = 3 * weather + random.normal(size=count)
    return truth, 2 * weather + random.normal(size=count), random.normal(size=count)


def _chances(
    random: np.random.Generator, weather: np.ndarray, classes: int
) -> tuple[np.ndarray, ...]:
    """Return codes, and the chances that a better and a worse model give."""
    pull = np.outer(weather, np.arange(classes)) + random.gumbel(size=(len(weather), classes))
    noise = random.normal(size=(2, len(weather), classes))
    weights = [np.exp(share * pull + each) for share, each in zip((1.0, 0.4), noise, strict=True)]
    return pull.argmax(axis=1), *(each / each.sum(axis=1, keepdims=True) for each in weights)


@pytest.mark.parametrize(
    ("name", "classes"),
    [
        (measure.name, classes)
        for classes in (2, 3, 0)
        for measure in MEASURES.values()
        if measure.fits(Task.CLASSIFICATION if classes else Task.REGRESSION, classes)
    ],
)
def test_every_clustered_error_is_that_of_resampled_days(name: MetricName, classes: int) -> None:
    random = np.random.default_rng(4)
    days = np.repeat(np.arange(_COUNT), _ROWS)
    weather = random.normal(size=_COUNT)[days]
    rows = _chances(random, weather, classes) if classes else _numbers(random, weather)
    measure = MEASURES[name]
    found = compared(measure, *rows, clusters=days)
    assert found.standard_error == pytest.approx(_resampled(measure, *rows), rel=0.25)


def test_more_days_than_a_hundred_are_left_out_in_neighbouring_groups() -> None:
    random = np.random.default_rng(5)
    days = np.repeat(np.arange(400), 6)
    weather = random.normal(size=400)[days]
    truth, first, second = _numbers(random, weather)
    influence = compared(RMSE, truth, first, second, days)
    without = Measure(MetricName.R2, Task.REGRESSION, False, RMSE.function)
    jackknife = compared(without, truth, first, second, days)
    assert jackknife.standard_error == pytest.approx(influence.standard_error, rel=0.2)
    assert jackknife.clusters == 400
