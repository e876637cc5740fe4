"""What a target column is taken as, and the sentence when it can be taken as nothing."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from tests.unit.trainer.trainings import target_of

from tidewheel_contracts.api.v1alpha1.gate import Task
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError

_TWENTY = list(range(20))


@pytest.mark.parametrize(
    ("labels", "classes", "datatype"),
    [
        pytest.param([True, False], ("false", "true"), "BOOL", id="booleans"),
        pytest.param(["no", "yes", "maybe"], ("maybe", "no", "yes"), "BYTES", id="text"),
        pytest.param([10, 2, 1], ("1", "2", "10"), "INT64", id="whole numbers in their order"),
        pytest.param([1.0, 0.0], ("0.0", "1.0"), "FP64", id="whole numbers with gaps"),
        pytest.param(
            pa.array([Decimal("2"), Decimal("1")], pa.decimal128(4, 0)),
            ("1", "2"),
            "FP64",
            id="decimals",
        ),
        pytest.param(_TWENTY, tuple(map(str, _TWENTY)), "INT64", id="twenty"),
    ],
)
def test_few_values_are_classes(labels: Any, classes: tuple[str, ...], datatype: str) -> None:
    target = target_of(labels)
    assert (target.task, target.classes, target.datatype) == (
        Task.CLASSIFICATION,
        classes,
        datatype,
    )


@pytest.mark.parametrize(
    "labels",
    [
        pytest.param([0.5, 1.0], id="numbers that are not whole"),
        pytest.param(list(range(21)), id="many whole numbers"),
        pytest.param([float(n) for n in range(21)], id="many whole floats"),
        pytest.param(pa.array([Decimal("1.5"), Decimal("1")], pa.decimal128(4, 1)), id="decimals"),
    ],
)
def test_other_numbers_are_predicted_as_such(labels: Any) -> None:
    target = target_of(labels)
    assert (target.task, target.classes, target.datatype) == (Task.REGRESSION, (), "FP64")
    assert (target.labels.dtype, len(target.class_values)) == (np.float64, 0)


def test_the_dataset_says_what_whole_numbers_are() -> None:
    assert target_of([1, 2, 5], "Regression").labels.tolist() == [1.0, 2.0, 5.0]
    assert len(target_of(list(range(30)), "Classification").classes) == 30


def test_truth_is_codes_of_classes_or_numbers() -> None:
    marked = np.array([True, False, True])
    assert target_of(["b", "a", "c"]).truth(marked).tolist() == [1, 2]
    assert target_of([1.5, 9.0, 0.5]).truth(marked).tolist() == [1.5, 0.5]


def test_class_values_are_of_the_natural_type() -> None:
    values = [target_of(labels).class_values for labels in ([True, False], [7, 3], ["b", "a"])]
    assert [each.tolist() for each in values] == [[False, True], [3, 7], ["a", "b"]]


@pytest.mark.parametrize(
    ("labels", "task", "reason", "fault"),
    [
        pytest.param(
            [7, 7],
            None,
            FailureReason.TARGET_HAS_ONE_CLASS,
            "is 7 in all 2 labelled rows; a model needs rows of two classes",
            id="one class",
        ),
        pytest.param(
            [2.5, 2.5],
            None,
            FailureReason.TARGET_IS_CONSTANT,
            "is 2.5 in all 2 labelled rows; a model needs values that differ",
            id="constant",
        ),
        pytest.param(
            [0.0, np.inf, -np.inf],
            None,
            FailureReason.TARGET_UNSUPPORTED,
            "is infinite or beyond 3.4e38 in 2 of 3 labelled rows; add a step to the Dataset, such "
            "as `clip` or a `filter`",
            id="endless",
        ),
        pytest.param(
            [1e39, 0.5],
            "Regression",
            FailureReason.TARGET_UNSUPPORTED,
            "is infinite or beyond 3.4e38 in 1 of 2 labelled rows; add a step to the Dataset, such "
            "as `clip` or a `filter`",
            id="too large",
        ),
        pytest.param(
            ["a", "b"],
            "Regression",
            FailureReason.TARGET_UNSUPPORTED,
            "is string, and `target.task` says Regression, which predicts numbers",
            id="text as a number",
        ),
        pytest.param(
            [0.5, 1.5],
            "Classification",
            FailureReason.TARGET_UNSUPPORTED,
            "holds numbers that are not whole, and `target.task` says Classification; add a `cast` "
            "step that makes them text",
            id="parts as classes",
        ),
        pytest.param(
            [f"name {n:03}" for n in range(201)],
            None,
            FailureReason.TARGET_UNSUPPORTED,
            "has 201 values ('name 000', 'name 001', 'name 002', 'name 003', 'name 004' ...); at "
            "most 200 can be classes",
            id="names",
        ),
        pytest.param(
            [datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)],
            None,
            FailureReason.TARGET_UNSUPPORTED,
            "is timestamp[us, tz=UTC]; it must hold booleans, whole numbers, text or numbers",
            id="times",
        ),
    ],
)
def test_a_target_that_cannot_be_learned_is_explained(
    labels: Any, task: str | None, reason: FailureReason, fault: str
) -> None:
    with pytest.raises(TrainerError) as caught:
        target_of(labels, task)
    assert (caught.value.reason, caught.value.message) == (reason, f"the target 'late' {fault}")
