"""Columns that tell the target alone."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.unit.trainer.trainings import target_of

from tidewheel_contracts.api.v1alpha1.gate import Task
from tidewheel_contracts.artifact.model import ModelInput
from tidewheel_trainer.train.bounds import chosen_measure
from tidewheel_trainer.train.gate.decision import Answer, Decision
from tidewheel_trainer.train.leaks import Leak, leak_decisions, leak_note, leaks
from tidewheel_trainer.train.rows import Rows

_ROWS = 2000
_DICE = np.random.default_rng(3)
_DELAY = _DICE.normal(size=_ROWS)
_LATE = _DELAY > 0.5
_NOISE = _DICE.normal(size=_ROWS)
_BEFORE_TEST = np.arange(_ROWS) < 1800


def _found(target: Any, kind: str, values: Any) -> tuple[Leak, ...]:
    column = ModelInput(name="odd", datatype="FP64" if kind == "Numeric" else "BYTES", kind=kind)
    labels = target_of(target)
    dtype = np.float64 if kind == "Numeric" else object
    frame = pd.DataFrame({"odd": pd.Series(values, dtype=dtype), "noise": _NOISE})
    rows = Rows(frame, labels, chosen_measure(None, labels), None, 0)
    noise = ModelInput(name="noise", datatype="FP64", kind="Numeric")
    return leaks(rows, (column, noise), _BEFORE_TEST)


@pytest.mark.parametrize(
    ("target", "kind", "values"),
    [
        pytest.param(_LATE, "Numeric", _LATE, id="the target itself"),
        pytest.param(_LATE, "Numeric", np.where(_LATE, np.nan, 1.0), id="missing where it is late"),
        pytest.param(_LATE, "Numeric", _DELAY, id="what the target is made from"),
        pytest.param(_LATE, "Categorical", np.where(_LATE, "yes", "no"), id="in words"),
        pytest.param(_LATE, "Date", np.where(_LATE, "2013-01-01", "2013-01-02"), id="in dates"),
        pytest.param(np.digitize(_DELAY, [-1, 1]), "Numeric", _DELAY, id="three classes"),
        pytest.param(20 * _DELAY, "Numeric", 7 - _DELAY / 60, id="a number in other units"),
    ],
)
def test_a_column_that_tells_the_target_is_found(target: Any, kind: str, values: Any) -> None:
    (leak,) = _found(target, kind, values)
    assert (leak.column, leak.value > 0.99) == ("odd", True)


@pytest.mark.parametrize(
    ("target", "kind", "values"),
    [
        pytest.param(_LATE, "Numeric", _DELAY + 0.2 * _NOISE, id="a good feature"),
        pytest.param(_LATE, "Categorical", [f"id{n}" for n in range(_ROWS)], id="names of rows"),
        pytest.param(_LATE, "Text", np.where(_LATE, "yes", "no"), id="text is not looked at"),
        pytest.param(_LATE, "Numeric", np.ones(_ROWS), id="constant"),
        pytest.param(_LATE, "Numeric", np.full(_ROWS, np.nan), id="no number"),
        pytest.param(_LATE, "Categorical", [None] * _ROWS, id="no category"),
        pytest.param(20 * _DELAY, "Numeric", _DELAY + 0.2 * _NOISE, id="near a number"),
    ],
)
def test_an_honest_column_is_not(target: Any, kind: str, values: Any) -> None:
    assert _found(target, kind, values) == ()


def test_a_leak_is_a_note_with_numbers() -> None:
    found = tuple(Leak(name, value) for name, value in [("a", 1.0), ("b", 0.995)])
    words = "'a' (balanced accuracy 1.0000), 'b' (balanced accuracy 0.9950) alone tell the target"
    question = "Does no column alone tell the target?"
    assert leak_decisions(found, Task.CLASSIFICATION) == (
        Decision("TargetLeak", question, Answer.NOTED, words, (("a", 1.0), ("b", 0.995))),
    )
    assert leak_note(found, Task.CLASSIFICATION) == (
        f"TargetLeak: {words}; leave out of `features` what is known only after the fact"
    )


def test_many_leaks_are_counted() -> None:
    found = tuple(Leak(name, 1.0) for name in "abcde")
    assert leak_note(found, Task.REGRESSION) == (
        "TargetLeak: 'a' (R² 1.0000), 'b' (R² 1.0000), 'c' (R² 1.0000) and 2 more alone tell the "
        "target; leave out of `features` what is known only after the fact"
    )


def test_no_leak_is_no_note() -> None:
    assert (leak_decisions((), Task.REGRESSION), leak_note((), Task.REGRESSION)) == ((), "")
