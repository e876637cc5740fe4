"""Fit the tested recipe on all labelled rows, and prove that its file answers as the fit does."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from tidewheel_contracts.artifact.model import MODEL_FILE, ModelInput, Recipe
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer import times
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.train.check_rows import check_rows
from tidewheel_trainer.train.client_rows import Columns, client_columns, served_frame
from tidewheel_trainer.train.gate.limits import Cost
from tidewheel_trainer.train.material import Material
from tidewheel_trainer.train.model_file import model_bytes, read_model
from tidewheel_trainer.train.outcome import Refit
from tidewheel_trainer.train.parity import parity
from tidewheel_trainer.train.pipelines import answers, fitted

__all__ = ["Fit", "refitted", "to_publish"]

_SAMPLE_ROWS = 5
_WARMING_ROWS, _TIMED_ROWS = 5, 31
Seconds = Callable[[], float]
# A manifest is read whole, and long texts say no more than their beginning.
_LONGEST_SAMPLE_TEXT = 1000


@dataclass(frozen=True, slots=True)
class Fit:
    """A fitted pipeline as its file gives it, with the file's bytes, and how it came to be.

    `seconds` is None where it was fitted elsewhere.
    """

    model: Pipeline
    data: bytes
    seconds: float | None
    training_rows: int
    trained_through: str | None


def refitted(recipe: Recipe, material: Material, test: np.ndarray, seconds: Seconds) -> Refit:
    """Return what is published: the fit on all labelled rows, as bytes that were read back.

    Args:
        recipe: what is fitted.
        material: all labelled rows.
        test: places of the test rows among them, shape (n_test_rows,).
        seconds: a clock that only goes on.

    Raises:
        TrainerError: InternalError, when the file's answers differ from the fit's;
            ParameterInvalid, when the fit has no finite answer to a test row.
    """
    rows = material.rows
    started = seconds()
    model = fitted(recipe, rows.frame, rows.target.labels, rows.groups)
    training_seconds = seconds() - started
    data = model_bytes(model)
    sample = _sample(rows.frame, material.inputs)
    loaded = read_model(data, MODEL_FILE)
    _refuse_other_answers(
        model, loaded, recipe, served_frame(sample, material.inputs), rows.target.class_values
    )
    through = None if rows.times is None else times.iso_text(int(rows.times.max()))
    fit = Fit(loaded, data, training_seconds, len(rows), through)
    return to_publish(fit, recipe, material, test, seconds)


def to_publish(
    fit: Fit, recipe: Recipe, material: Material, test: np.ndarray, seconds: Seconds
) -> Refit:
    """Return a fit with what lies beside it in the store: rows to ask it, and their answers.

    Args:
        fit: what is published.
        recipe: its recipe.
        material: all labelled rows.
        test: places of the test rows among them, shape (n_test_rows,).
        seconds: a clock that only goes on.

    Raises:
        TrainerError: ParameterInvalid, when the fit has no finite answer to a test row.
    """
    rows, model = material.rows, fit.model
    milliseconds = None
    if material.gate.limits.prediction_milliseconds is not None:
        milliseconds = _prediction_milliseconds(model, recipe, material, seconds)
    check = check_rows(
        rows.frame.iloc[test],
        material.inputs,
        rows.target,
        lambda frame: answers(model, recipe, frame, rows.target.class_values),
    )
    return Refit(
        data=fit.data,
        inputs=material.inputs,
        task=rows.target.task,
        classes=rows.target.classes,
        classes_datatype=rows.target.datatype,
        sample=_sample(rows.frame, material.inputs),
        check=check,
        parity=parity(model, recipe, rows.frame, material.inputs, rows.target, check.columns),
        training_rows=fit.training_rows,
        trained_through=fit.trained_through,
        cost=Cost(fit.seconds, len(fit.data), milliseconds),
    )


def _prediction_milliseconds(
    model: Pipeline, recipe: Recipe, material: Material, seconds: Seconds
) -> float:
    """Return the median time of answering one row, of rows from all over the set.

    It is what scikit-learn takes for a row that comes alone, without a server about it. The first
    answers, which fill caches, do not count.
    """
    rows = material.rows
    places = np.linspace(0, len(rows) - 1, _WARMING_ROWS + _TIMED_ROWS).astype(int)
    taken = []
    for place in places:
        row = rows.frame.iloc[[place]]
        started = seconds()
        answers(model, recipe, row, rows.target.class_values)
        taken.append(seconds() - started)
    return 1000 * float(np.median(taken[_WARMING_ROWS:]))


def _sample(frame: pd.DataFrame, inputs: tuple[ModelInput, ...]) -> Columns:
    """Return a few rows from all over the set, column by column, as JSON values."""
    places = np.linspace(0, len(frame) - 1, min(_SAMPLE_ROWS, len(frame))).astype(int)
    columns = client_columns(frame, inputs, places)
    return tuple(
        tuple(_cut(value) for value in values) if column.kind == "Text" else values
        for column, values in zip(inputs, columns, strict=True)
    )


def _cut(value: object) -> object:
    return value[:_LONGEST_SAMPLE_TEXT] if isinstance(value, str) else value


def _refuse_other_answers(
    model: Pipeline,
    loaded: Pipeline,
    recipe: Recipe,
    sample: pd.DataFrame,
    class_values: np.ndarray,
) -> None:
    expected = answers(model, recipe, sample, class_values)
    if not np.array_equal(answers(loaded, recipe, sample, class_values), expected):
        raise TrainerError(
            FailureReason.INTERNAL,
            f"the file of candidate {recipe.candidate!r} answers otherwise than the fit that it "
            "was written from; please report it",
        )
