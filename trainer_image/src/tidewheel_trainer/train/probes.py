"""Make rows that tell a faster engine from scikit-learn, where there is anything to tell; pure.

    learned rows | mixtures of them | values at their ends and far beyond | missing values
    | words of every kind | numbers at and beside the thresholds of trees

What single precision, another order of sums, another way of missing values or an unknown category
would change shows in some of them (reference: `serving-performance.md`, section 5).
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import product

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from tidewheel_contracts.artifact.model import ModelInput
from tidewheel_trainer.train.client_rows import Columns, client_columns, json_value, served_frame
from tidewheel_trainer.train.tree_splits import splits

__all__ = ["probes"]

# Shares of all probes; learned rows take what the others leave.
_MIXED, _EXTREME, _MISSING, _WORDS, _THRESHOLDS = 0.15, 0.2, 0.1, 0.1, 0.25
_NUDGES = 5
_BASE_ROWS = 256
# Refused values are asked one by one.
_MOST_BEYOND = 16
_LARGEST_SINGLE = float(np.finfo(np.float32).max)
_WHOLE_END = 2.0**62
_UNSEEN = ("an unseen category", "", " ", "nan", "None", "ÅÄÖ", "0", "x" * 300)
_DATES = (
    "1900-01-01",
    "2100-12-31T23:59:59.999999Z",
    "2024-02-29T00:30:00+05:30",
    "2024-02-29 12:00",
)
_NO_DATES = ("", "now", "31.12.2024")

_Row = list[object]
# The place of an input, and what it is to hold.
_Value = tuple[int, object]


def probes(
    model: Pipeline, frame: pd.DataFrame, inputs: tuple[ModelInput, ...], count: int, seed: int
) -> Columns:
    """Return at most `count` rows as clients send them, column by column; the same for a seed.

    Args:
        model: the fit, whose trees are looked at.
        frame: features of the rows that it learned.
        inputs: what it takes.
        count: how many rows.
        seed: of what is drawn.
    """
    base = _chosen(frame, inputs, min(_BASE_ROWS, count))
    random = np.random.default_rng(seed)
    others = [
        *_mixed(base, inputs, random, int(count * _MIXED)),
        *_with_values(base, _spread(_extremes(frame, inputs), int(count * _EXTREME))),
        *_missing(base, inputs, random, int(count * _MISSING)),
        *_with_values(base, _spread(_words(frame, inputs), int(count * _WORDS))),
        *_with_splits(model, base, inputs, int(count * _THRESHOLDS)),
    ]
    learned = _chosen(frame, inputs, min(count - len(others), len(frame)))
    return tuple(zip(*learned, *others, strict=True))


def _chosen(frame: pd.DataFrame, inputs: tuple[ModelInput, ...], count: int) -> list[_Row]:
    """Return rows from all over the set."""
    places = np.unique(np.linspace(0, len(frame) - 1, max(1, count)).astype(int))
    return [list(row) for row in zip(*client_columns(frame, inputs, places), strict=True)]


def _spread(values: Iterator[_Value], count: int) -> list[_Value]:
    """Return at most so many of the values, from all over them."""
    everything = list(values)
    if len(everything) <= count:
        return everything
    return [everything[number * len(everything) // count] for number in range(count)]


def _mixed(
    base: Sequence[_Row], inputs: tuple[ModelInput, ...], random: np.random.Generator, count: int
) -> Iterator[_Row]:
    """Yield rows whose values come from several rows, numbers a little beside."""
    for _ in range(count):
        places = random.integers(0, len(base), len(inputs))
        nudges = 1 + 1e-3 * random.standard_normal(len(inputs))
        yield [
            _nudged(base[place][at], inputs[at], nudge)
            for at, (place, nudge) in enumerate(zip(places, nudges, strict=True))
        ]


def _nudged(value: object, column: ModelInput, nudge: float) -> object:
    if column.datatype != "FP64" or column.kind == "Categorical":
        return value
    return float(value * nudge) if isinstance(value, float) else value


def _with_values(base: Sequence[_Row], values: Iterable[tuple[int, object]]) -> Iterator[_Row]:
    """Yield a row for each value, which takes the place of the row's own at that input."""
    for number, (at, value) in enumerate(values):
        row = list(base[number % len(base)])
        row[at] = value
        yield row


def _extremes(frame: pd.DataFrame, inputs: tuple[ModelInput, ...]) -> Iterator[_Value]:
    """Yield values at the ends of each column and beyond, those that may be refused together."""
    numeric = [at for at, column in enumerate(inputs) if column.datatype in ("FP64", "INT64")]
    beyond = [at for at in numeric if inputs[at].datatype == "FP64"][:_MOST_BEYOND]
    for value in (_LARGEST_SINGLE, float(np.nextafter(_LARGEST_SINGLE, np.inf)), 1e39):
        yield from ((at, value) for at in beyond)
    ends = {at: _ends(frame[inputs[at].name]) for at in numeric}
    for kind, at in product(range(len(_extremes_of(0.0, 1.0))), numeric):
        yield at, _number(_extremes_of(*ends[at])[kind], inputs[at])
    for at, column in enumerate(inputs):
        if column.datatype == "BOOL":
            yield from ((at, value) for value in (False, True))


def _extremes_of(least: float, most: float) -> tuple[float, ...]:
    return (
        least, most, 0.0, -0.0, least - 1e9, most + 1e9, -1e18, 1e18,
        float(np.nextafter(least, -np.inf)), float(np.nextafter(most, np.inf)), -1e30, 1e30,
    )  # fmt: skip


def _ends(values: pd.Series) -> tuple[float, float]:
    present = values.dropna()
    return (float(present.min()), float(present.max())) if len(present) else (0.0, 1.0)


def _number(value: float, column: ModelInput) -> object:
    if column.datatype == "INT64":
        value = float(np.clip(np.round(value), -_WHOLE_END, _WHOLE_END))
    return json_value(value, column)


def _missing(
    base: Sequence[_Row], inputs: tuple[ModelInput, ...], random: np.random.Generator, count: int
) -> Iterator[_Row]:
    """Yield rows that lack everything, one value, then several."""
    if not count:
        return
    alone = _spread(((at, None) for at in range(len(inputs))), count // 2)
    yield [None] * len(inputs)
    yield from _with_values(base, alone)
    for number in range(count - 1 - len(alone)):
        gone = random.random(len(inputs)) < 0.5
        row = base[number % len(base)]
        yield [None if is_gone else value for is_gone, value in zip(gone, row, strict=True)]


def _words(frame: pd.DataFrame, inputs: tuple[ModelInput, ...]) -> Iterator[_Value]:
    """Yield text that training never saw, then, column by column in turn, all that it did see."""
    texts = [at for at, column in enumerate(inputs) if column.datatype == "BYTES"]
    for at in texts:
        others = _DATES if inputs[at].kind == "Date" else _UNSEEN
        yield from ((at, text) for text in others)
    for at in texts:
        if inputs[at].kind == "Date":
            yield from ((at, text) for text in _NO_DATES)
    known = {
        at: sorted(set(frame[inputs[at].name].dropna()))
        for at in texts
        if inputs[at].kind == "Categorical"
    }
    for place in range(max((len(values) for values in known.values()), default=0)):
        yield from ((at, values[place]) for at, values in known.items() if place < len(values))


def _with_splits(
    model: Pipeline, base: Sequence[_Row], inputs: tuple[ModelInput, ...], count: int
) -> Iterator[_Row]:
    """Yield rows that meet a split of a tree at its threshold, and the nearest numbers to it."""
    places = {column.name: at for at, column in enumerate(inputs)}
    rows = served_frame(tuple(zip(*base, strict=True)), inputs)
    for split in splits(model, rows, count // _NUDGES):
        at = places[split.column]
        for value in _beside(split.threshold, inputs[at]):
            row = list(base[split.row])
            row[at] = value
            yield row


def _beside(threshold: float, column: ModelInput) -> Iterator[object]:
    """Yield the threshold and the numbers next to it, in double and in single precision."""
    if column.datatype != "FP64":
        yield from (
            _number(value, column)
            for value in dict.fromkeys((np.floor(threshold), np.ceil(threshold)))
        )
        return
    single = np.float32(threshold)
    yield from dict.fromkeys(
        float(value)
        for value in (
            threshold,
            np.nextafter(threshold, -np.inf),
            np.nextafter(threshold, np.inf),
            np.nextafter(single, np.float32(-np.inf)),
            np.nextafter(single, np.float32(np.inf)),
        )
        if np.isfinite(value)
    )
