"""Every measure against a value worked out by hand, and against scikit-learn's."""

from typing import Any

import numpy as np
import pytest
import sklearn.metrics
from hypothesis import given, settings
from hypothesis import strategies as st

from tidewheel_contracts.api.v1alpha1.gate import MetricName, Task
from tidewheel_trainer.train.measures import MEASURES

TWO = Task.CLASSIFICATION, 2
MANY = Task.CLASSIFICATION, 3
NUMBER = Task.REGRESSION, 0
# Four rows of two classes, the second and the third ranked wrongly against each other.
CODES = np.array([0, 0, 1, 1])
PROBABILITIES = np.array([[0.9, 0.1], [0.4, 0.6], [0.5, 0.5], [0.2, 0.8]])
# Six rows of three classes; the fourth and the sixth are missed.
GRADES = np.array([0, 0, 1, 1, 2, 2])
CHANCES = np.array(
    [
        [0.6, 0.2, 0.2],
        [0.5, 0.4, 0.1],
        [0.1, 0.7, 0.2],
        [0.5, 0.3, 0.2],
        [0.2, 0.2, 0.6],
        [0.1, 0.5, 0.4],
    ]
)
FARES = np.array([1.0, 2.0, 4.0, 9.0])
GUESSES = np.array([1.5, 2.0, 3.0, 5.0])


def _value(name: str, truth: np.ndarray, answers: np.ndarray) -> float:
    return MEASURES[MetricName(name)].function(truth, answers)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        # Of four pairs of a positive and a negative row, three are ranked right.
        ("roc_auc", 3 / 4),
        ("log_loss", -(np.log(0.9) + np.log(0.4) + np.log(0.5) + np.log(0.8)) / 4),
        ("brier", (0.1**2 + 0.6**2 + 0.5**2 + 0.2**2) / 4),
        # Down the ranking: 1 of 1 right, then 1 of 2, then 2 of 3.
        ("average_precision", (1 + 2 / 3) / 2),
        # A tie goes to the first class.
        ("accuracy", 2 / 4),
        ("balanced_accuracy", (1 / 2 + 1 / 2) / 2),
        ("f1", 2 * 1 / (2 + 2)),
    ],
)
def test_measures_of_two_classes_are_those_worked_out_by_hand(name: str, expected: float) -> None:
    assert _value(name, CODES, PROBABILITIES) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        # Class 0: rows at .6 and .5 against .1, .5, .2, .1: 7.5 of 8 pairs. Class 1: .7 and .3
        # against .2, .4, .2, .5: 6 of 8. Class 2: .6 and .4 against .2, .1, .2, .2: all.
        ("roc_auc", (7.5 / 8 + 6 / 8 + 1) / 3),
        ("log_loss", -np.mean(np.log([0.6, 0.5, 0.7, 0.3, 0.6, 0.4]))),
        ("brier", np.mean([0.24, 0.42, 0.14, 0.78, 0.24, 0.62])),
        ("accuracy", 4 / 6),
        ("balanced_accuracy", (1 + 1 / 2 + 1 / 2) / 3),
        ("f1", (4 / 5 + 2 / 4 + 2 / 3) / 3),
    ],
)
def test_measures_of_three_classes_are_those_worked_out_by_hand(name: str, expected: float) -> None:
    assert _value(name, GRADES, CHANCES) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("mean_absolute_error", (0.5 + 0 + 1 + 4) / 4),
        ("root_mean_squared_error", np.sqrt((0.25 + 0 + 1 + 16) / 4)),
        ("r2", 1 - 17.25 / 38),
        ("median_absolute_error", 0.75),
    ],
)
def test_measures_of_a_number_are_those_worked_out_by_hand(name: str, expected: float) -> None:
    assert _value(name, FARES, GUESSES) == pytest.approx(expected)


def _of_scikit_learn(name: str, truth: np.ndarray, answers: np.ndarray) -> float:
    two = answers.ndim == 2 and answers.shape[1] == 2
    likely = answers.argmax(axis=1) if answers.ndim == 2 else answers
    codes = range(answers.shape[1]) if answers.ndim == 2 else ()
    ways: dict[str, Any] = {
        "roc_auc": lambda: sklearn.metrics.roc_auc_score(
            truth, answers[:, 1] if two else answers, multi_class="ovr"
        ),
        "log_loss": lambda: sklearn.metrics.log_loss(truth, answers, labels=codes),
        "brier": lambda: sklearn.metrics.brier_score_loss(truth, answers, labels=codes),
        "average_precision": lambda: sklearn.metrics.average_precision_score(truth, answers[:, 1]),
        "accuracy": lambda: sklearn.metrics.accuracy_score(truth, likely),
        "balanced_accuracy": lambda: sklearn.metrics.balanced_accuracy_score(truth, likely),
        "f1": lambda: sklearn.metrics.f1_score(
            truth, likely, average="binary" if two else "macro", zero_division=0
        ),
    }
    if name in ways:
        return float(ways[name]())
    function = {"r2": "r2_score"}.get(name, name)
    return float(getattr(sklearn.metrics, function)(truth, answers))


@st.composite
def _cases(draw: st.DrawFn, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Return truth with every class, and answers of few values, so that ties are common."""
    extra = draw(st.lists(st.integers(0, max(classes, 5) - 1), min_size=2, max_size=20))
    random = np.random.default_rng(draw(st.integers(0, 1000)))
    if not classes:
        truth = np.array([0, 1, *extra]) / 2
        return truth, truth + random.integers(-3, 4, len(truth)) / 2
    truth = np.array([*range(classes), *(code % classes for code in extra)])
    weights = random.integers(1, 4, (len(truth), classes)).astype(float)
    return truth, weights / weights.sum(axis=1, keepdims=True)


@pytest.mark.parametrize(
    ("task", "classes", "name"),
    [
        (task, classes, measure.name)
        for task, classes in (TWO, MANY, NUMBER)
        for measure in MEASURES.values()
        if measure.fits(task, classes)
    ],
)
def test_every_measure_agrees_with_scikit_learn(task: Task, classes: int, name: str) -> None:
    @settings(max_examples=30, database=None, derandomize=True, deadline=None)
    @given(_cases(classes))
    def agrees(case: tuple[np.ndarray, np.ndarray]) -> None:
        assert _value(name, *case) == pytest.approx(_of_scikit_learn(name, *case))

    agrees()


def test_the_table_says_which_are_better_the_higher_they_are() -> None:
    higher = {name for name, measure in MEASURES.items() if measure.higher_is_better}
    assert higher == {
        "roc_auc", "average_precision", "accuracy", "balanced_accuracy", "f1", "r2",
    }  # fmt: skip
    assert list(MEASURES) == list(MetricName)


def test_a_score_of_an_error_is_below_nothing() -> None:
    assert MEASURES[MetricName.MEAN_ABSOLUTE_ERROR].score(FARES, GUESSES) == -1.375
    assert MEASURES[MetricName.ROC_AUC].score(CODES, PROBABILITIES) == 0.75


def test_a_class_without_rows_has_no_part_in_a_mean_over_classes() -> None:
    truth, chances = GRADES[:4], CHANCES[:4]
    # Classes 0 and 1 alone: 3.5 and 3 of 4 pairs are ranked right.
    assert _value("roc_auc", truth, chances) == pytest.approx((3.5 / 4 + 3 / 4) / 2)
    assert _value("balanced_accuracy", truth, chances) == 3 / 4


def test_a_class_that_a_fit_never_saw_costs_what_a_certain_error_costs() -> None:
    sure = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 1.0, 0.0]])
    truth = np.array([0, 1, 2])
    # The last class is ranked by chance.
    assert _value("roc_auc", truth, sure) == pytest.approx((1 + 0.75 + 0.5) / 3)
    assert _value("log_loss", truth, sure) == pytest.approx(-np.log(np.finfo(float).eps) / 3)


@pytest.mark.parametrize(
    ("numbers", "expected"), [([2.5, 2.5], 1.0), ([2.5, 3.0], 0.0)], ids=["met", "missed"]
)
def test_r2_of_a_constant_truth_is_all_or_nothing(numbers: list[float], expected: float) -> None:
    assert _value("r2", np.full(2, 2.5), np.array(numbers)) == expected


def test_average_precision_without_a_row_of_the_second_class_is_no_number() -> None:
    assert np.isnan(_value("average_precision", CODES[:2], PROBABILITIES[:2]))
