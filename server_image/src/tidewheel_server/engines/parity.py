"""Compare an engine with what scikit-learn said of the probes: pure but for the engine itself.

All probes that scikit-learn answers are asked in one batch, some of them alone too, because an
engine may take another path for a single row. Those that it refuses are asked one by one.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tidewheel_contracts.artifact.model import ModelManifest
from tidewheel_contracts.artifact.parity import Parity
from tidewheel_server.engines.classes import class_values
from tidewheel_server.engines.engine import Columns, Engine, Outputs, ValuesRefusedError
from tidewheel_server.engines.tier import Tolerance
from tidewheel_server.tensors import PREDICT, PROBABILITY

__all__ = ["Probes", "difference", "probes_of"]

_ASKED_ALONE = 32
_SHOWN_CHARACTERS = 40


@dataclass(frozen=True, slots=True)
class Probes:
    """Rows to ask an engine, and the answers of scikit-learn to those that it takes.

    `labels` has the shape (n_answered,) and the type of the outputs, or is None of a model of a
    number; `numbers` are probabilities of shape (n_answered, n_classes), or predicted numbers of
    shape (n_answered, 1).
    """

    answered: Columns
    labels: NDArray[Any] | None
    numbers: NDArray[np.float64]
    refused: Columns


@dataclass(frozen=True, slots=True)
class _Answer:
    labels: NDArray[Any] | None
    numbers: NDArray[np.float64]


def probes_of(parity: Parity, manifest: ModelManifest) -> Probes:
    """Return the probes of a parity file.

    Raises:
        ValueError: it is not of the model's inputs and classes.
    """
    count, width = len(parity.predicted), len(manifest.classes)
    rows = np.array([value is not None for value in parity.predicted], dtype=np.bool_)
    wide = [width if is_answered else 0 for is_answered in rows] if width else []
    if (
        not rows.any()
        or [len(values) for values in parity.columns] != [count] * len(manifest.inputs)
        or [len(row) for row in parity.probabilities] != wide
    ):
        raise ValueError(
            f"its {len(parity.columns)} columns of {count} probes do not fit the model's "
            f"{len(manifest.inputs)} inputs and {width} classes"
        )
    columns = _columns(parity, manifest)
    predicted = [value for value in parity.predicted if value is not None]
    if width:
        labels = np.array(predicted, dtype=class_values(manifest).dtype)
        numbers = np.array([row for row in parity.probabilities if row], dtype=np.float64)
    else:
        labels = None
        numbers = np.array(predicted, dtype=np.float64).reshape(-1, 1)
    return Probes(
        answered={name: values[rows] for name, values in columns.items()},
        labels=labels,
        numbers=numbers,
        refused={name: values[~rows] for name, values in columns.items()},
    )


def difference(engine: Engine, probes: Probes, tolerance: Tolerance) -> str | None:
    """Return how an engine is unlike scikit-learn, as a clause; None where it is alike."""
    try:
        answer = _answer(engine.predict(probes.answered))
    except ValuesRefusedError as error:
        return f"refuses probes that scikit-learn answers: {error}"
    unlike = _unlike(answer, probes, tolerance)
    if unlike is not None:
        return unlike
    return _unlike_alone(engine, probes, tolerance) or _taken(engine, probes.refused)


def _unlike_alone(engine: Engine, probes: Probes, tolerance: Tolerance) -> str | None:
    """Return how single rows are answered otherwise."""
    count = len(probes.numbers)
    places = np.unique(np.linspace(0, count - 1, min(_ASKED_ALONE, count)).astype(int))
    answers = []
    for place in places:
        row = _rows(probes.answered, slice(place, place + 1))
        try:
            answers.append(_answer(engine.predict(row)))
        except ValuesRefusedError as error:
            return f"refuses a probe that comes alone: {error}"
    labels = [answer.labels for answer in answers if answer.labels is not None]
    found = _Answer(
        np.concatenate(labels) if labels else None,
        np.concatenate([answer.numbers for answer in answers]),
    )
    wanted = Probes(
        answered={},
        labels=None if probes.labels is None else probes.labels[places],
        numbers=probes.numbers[places],
        refused={},
    )
    unlike = _unlike(found, wanted, tolerance)
    return None if unlike is None else f"{unlike}, when probes come alone"


def _taken(engine: Engine, refused: Columns) -> str | None:
    """Return how many probes are answered that scikit-learn refuses."""
    count = len(next(iter(refused.values())))
    taken = sum(_takes(engine, _rows(refused, slice(at, at + 1))) for at in range(count))
    return f"answers {taken:,} of {count:,} probes that scikit-learn refuses" if taken else None


def _takes(engine: Engine, row: Columns) -> bool:
    try:
        engine.predict(row)
    except ValuesRefusedError:
        return False
    return True


def _unlike(answer: _Answer, probes: Probes, tolerance: Tolerance) -> str | None:
    if answer.numbers.shape != probes.numbers.shape:
        return f"answers in the shape {answer.numbers.shape}, not {probes.numbers.shape}"
    count = len(probes.numbers)
    apart = np.abs(answer.numbers - probes.numbers)
    farthest = f"numbers differ by up to {np.max(apart):.2g}"
    if probes.labels is not None and answer.labels is not None:
        if answer.labels.dtype != probes.labels.dtype:
            return f"gives labels as {answer.labels.dtype}, not {probes.labels.dtype}"
        other = np.flatnonzero(answer.labels != probes.labels)
        if len(other):
            first = other[0]
            return (
                f"gives {len(other):,} of {count:,} probes another label, "
                f"{_shown(answer.labels[first])} for {_shown(probes.labels[first])}; {farthest}"
            )
    # Not `>`: an answer that is no number is unlike every number.
    beyond = np.count_nonzero(~(apart <= _allowed(probes.numbers, tolerance)).all(axis=1))
    if not beyond:
        return None
    return f"gives {beyond:,} of {count:,} probes other numbers; {farthest}"


def _allowed(numbers: NDArray[np.float64], tolerance: Tolerance) -> NDArray[np.float64]:
    size = np.abs(numbers)
    shares = tolerance.relative * np.maximum(size, np.median(size))
    allowed: NDArray[np.float64] = np.maximum(tolerance.absolute, shares)
    return allowed


def _answer(outputs: Outputs) -> _Answer:
    if PROBABILITY in outputs:
        return _Answer(outputs[PREDICT], np.asarray(outputs[PROBABILITY], dtype=np.float64))
    return _Answer(None, np.asarray(outputs[PREDICT], dtype=np.float64).reshape(-1, 1))


def _columns(parity: Parity, manifest: ModelManifest) -> Columns:
    """Return the values as the protocol hands them to an engine."""
    return {
        column.name: (
            _texts(values)
            if column.datatype == "BYTES"
            else np.array([math.nan if v is None else v for v in values], dtype=np.float64)
        )
        for column, values in zip(manifest.inputs, parity.columns, strict=True)
    }


def _texts(values: tuple[Any, ...]) -> NDArray[np.object_]:
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


def _rows(columns: Columns, rows: slice) -> Columns:
    return {name: values[rows] for name, values in columns.items()}


def _shown(label: object) -> str:
    text = repr(label.item() if isinstance(label, np.generic) else label)
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}..."
