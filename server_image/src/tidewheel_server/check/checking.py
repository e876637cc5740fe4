"""Ask a loaded model the rows of its check file, as a client would, and compare the answers."""

import math
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from tidewheel_contracts.artifact.check_rows import CheckRows
from tidewheel_contracts.artifact.model import ModelManifest
from tidewheel_contracts.job import FailureReason
from tidewheel_server.engines.tier import Tolerance
from tidewheel_server.errors import LoadError
from tidewheel_server.model_state import ServedModel
from tidewheel_server.protocol.inference import infer, rows_body
from tidewheel_server.tensors import PREDICT, PROBABILITY

__all__ = ["Differences", "ask", "refuse_unfitting"]

# So many rows are asked one by one too, for the time that a row takes.
_TIMED_ROWS = 31
# The same sums in another order or on another processor differ by less than the first; a number
# near zero, which is what large ones leave, by less than the second of the largest number.
_RELATIVE, _OF_THE_LARGEST = 1e-9, 1e-12
_EXAMPLE_CHARACTERS = 512
_SHOWN_CHARACTERS = 100


@dataclass(frozen=True, slots=True)
class Differences:
    """How many rows were answered otherwise than expected, the first of them, and the time taken.

    `other_numbers` are rows whose label is the same, or that have none; `milliseconds` is the
    median of rows that were asked one by one.
    """

    other_labels: int
    other_numbers: int
    refused: int
    example: str
    milliseconds: float


@dataclass(frozen=True, slots=True)
class _Answer:
    """What is said of one row: its label, if there are classes, and its numbers; or a refusal."""

    label: object = None
    numbers: Sequence[float] = ()
    refusal: str = ""


def refuse_unfitting(rows: CheckRows, manifest: ModelManifest) -> None:
    """Refuse rows that are not of the model's inputs and classes.

    Raises:
        LoadError: ArtifactDamaged, with what does not fit.
    """
    count = len(rows.predicted)
    fits = (
        count > 0
        and [len(values) for values in rows.columns] == [count] * len(manifest.inputs)
        and [len(row) for row in rows.probabilities]
        == ([len(manifest.classes)] * count if manifest.classes else [])
    )
    if not fits:
        raise LoadError(
            FailureReason.ARTIFACT_DAMAGED,
            f"The rows to ask do not fit the model's {len(manifest.inputs)} inputs and "
            f"{len(manifest.classes)} classes",
        )


def ask(model: ServedModel, rows: CheckRows, seconds: Callable[[], float]) -> Differences:
    """Return how the answers differ from those of the fit.

    All rows are asked in one request, and the first ones in a request each; a row differs when
    either answer does.

    Args:
        model: what answers.
        rows: what to ask, and the answers that are expected.
        seconds: a clock that only goes on.
    """
    expected = _answers(rows.predicted, rows.probabilities)
    found = list(enumerate(_asked(model, rows, 0, len(expected))))
    taken = []
    for place in range(min(_TIMED_ROWS, len(expected))):
        started = seconds()
        [answer] = _asked(model, rows, place, place + 1)
        taken.append(seconds() - started)
        found.append((place, answer))
    return _differences(expected, found, _bounds(expected, model.tolerance), _median(taken))


def _asked(model: ServedModel, rows: CheckRows, first: int, end: int) -> list[_Answer]:
    body = rows_body(model.manifest, [values[first:end] for values in rows.columns])
    response = infer(model, body).response
    document = orjson.loads(response.body)
    if response.status != 200:
        return [_Answer(refusal=f"{response.status} {document['error']}")] * (end - first)
    outputs = {output["name"]: output for output in document["outputs"]}
    predicted = outputs[PREDICT]["data"]
    if PROBABILITY not in outputs:
        return _answers(predicted, ())
    flat, width = outputs[PROBABILITY]["data"], outputs[PROBABILITY]["shape"][1]
    return _answers(predicted, [flat[at : at + width] for at in range(0, len(flat), width)])


def _answers(predicted: Iterable[Any], probabilities: Sequence[Sequence[float]]) -> list[_Answer]:
    if not probabilities:
        return [_Answer(numbers=(number,)) for number in predicted]
    return [
        _Answer(label, numbers) for label, numbers in zip(predicted, probabilities, strict=True)
    ]


def _differences(
    expected: Sequence[_Answer],
    found: Iterable[tuple[int, _Answer]],
    bounds: Tolerance,
    milliseconds: float,
) -> Differences:
    refused, labels, numbers = {}, {}, {}
    for place, answer in found:
        wanted = expected[place]
        if answer.refusal:
            refused[place] = answer.refusal
        elif not _is_same(wanted.label, answer.label):
            labels[place] = f"{_shown(wanted.label)} expected, {_shown(answer.label)} answered"
        elif (pair := _other(wanted.numbers, answer.numbers, bounds)) is not None:
            numbers[place] = f"{pair[0]!r} expected, {pair[1]!r} answered"
    for place in labels:
        numbers.pop(place, None)
    first = refused or labels or numbers
    example = f"row {min(first) + 1}: {first[min(first)]}" if first else ""
    return Differences(
        len(labels), len(numbers), len(refused), example[:_EXAMPLE_CHARACTERS], milliseconds
    )


def _bounds(expected: Sequence[_Answer], engine: Tolerance) -> Tolerance:
    """Return how far numbers may be off: as another processor's, or as the engine's may be."""
    near_zero = _OF_THE_LARGEST * max(abs(n) for answer in expected for n in answer.numbers)
    return Tolerance(max(near_zero, engine.absolute), max(_RELATIVE, engine.relative))


def _median(seconds: Sequence[float]) -> float:
    return 1000 * statistics.median(seconds)


def _is_same(wanted: object, answered: object) -> bool:
    """Tell whether two labels are the same JSON: in Python `true` is 1 too."""
    return type(wanted) is type(answered) and wanted == answered


def _other(
    wanted: Sequence[float], answered: Sequence[float], bounds: Tolerance
) -> tuple[float, float] | None:
    """Return the first pair of numbers that are not alike."""
    for pair in zip(wanted, answered, strict=True):
        if not math.isclose(*pair, rel_tol=bounds.relative, abs_tol=bounds.absolute):
            return pair
    return None


def _shown(label: object) -> str:
    text = orjson.dumps(label).decode()
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}..."
