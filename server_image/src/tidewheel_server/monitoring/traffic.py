"""Counts the rows that were answered into the bins of the training profile, after the answer.

A request leaves a compact copy of its values here. They are counted together, some thousand rows at
a time, between two turns of the event loop: one by one would cost many times as much, and so would
keeping the request's own arrays, for the next request would find no warm memory.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import itemgetter
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from tidewheel_contracts.artifact.profile import Profile
from tidewheel_contracts.serving_counts import FeatureCounts, PredictionCounts
from tidewheel_server.engines.direct import DirectAnswer
from tidewheel_server.engines.engine import Columns, Outputs
from tidewheel_server.monitoring.bins import NumberBins, Texts, TextsBins, number_bins, texts_bins
from tidewheel_server.monitoring.prediction_bins import PredictionBins
from tidewheel_server.protocol.inference import Predicted
from tidewheel_server.tensors import TensorSpec

__all__ = [
    "CHUNK_ROWS",
    "PENDING_LIMIT_ROWS",
    "Later",
    "Traffic",
    "TrafficCounts",
    "when_read",
]

# So many rows of thirty columns are counted in less than a millisecond.
CHUNK_ROWS = 2048
# More rows than this wait only while they come faster than they can be counted.
PENDING_LIMIT_ROWS = 65_536
_FLUSH_SECONDS = 0.1

# Asks the event loop to call a function after so many seconds.
Later = Callable[[float, Callable[[], None]], object]


def when_read(_seconds: float, _function: Callable[[], None]) -> None:
    """Leave rows uncounted until somebody reads the counts: for those who have no event loop."""


@dataclass(frozen=True, slots=True)
class TrafficCounts:
    """Everything counted so far; rows that are neither counted nor dropped wait."""

    counted_rows: int
    dropped_rows: int
    features: tuple[FeatureCounts, ...]
    prediction: PredictionCounts


class _Compact(NamedTuple):
    """The values of some rows: columns of numbers one after the other, then columns of text."""

    numbers: bytes
    texts: tuple[Texts, ...]
    answers: bytes
    rows: int


class _Large(NamedTuple):
    """The columns of a request that is counted in parts."""

    columns: Columns
    outputs: Outputs
    rows: int


class Traffic:
    """The bins of one loaded model; used by the thread of the event loop only."""

    def __init__(
        self, profile: Profile, inputs: Mapping[str, TensorSpec], class_count: int, later: Later
    ) -> None:
        """Begin at zero, in the bins of the profile of a model of so many classes."""
        self._later = later
        self._names = tuple(feature.name for feature in profile.features)
        features = {feature.name: feature for feature in profile.features}
        texts = [name for name in self._names if inputs[name].datatype == "BYTES"]
        self._texts = {name: texts_bins(features[name]) for name in texts}
        self._numbers = {
            name: number_bins(features[name]) for name in self._names if name not in self._texts
        }
        self._numbers_of = _getter(tuple(self._numbers))
        self._prediction = PredictionBins(profile.prediction, class_count)
        self._pending: deque[_Compact | _Large] = deque()
        self._pending_rows = 0
        self._counted_rows = 0
        self._dropped_rows = 0
        self._is_armed = False  # a call after some time is on its way
        self._is_due = False  # a call in the next turn is on its way

    def add(self, values: Predicted | DirectAnswer, rows: int) -> None:
        """Remember the rows of a request that was answered."""
        if self._pending_rows + rows > PENDING_LIMIT_ROWS and self._pending:
            self._dropped_rows += rows
            return
        if rows > CHUNK_ROWS:
            self._pending.append(_Large(*self._arrays(values), rows))
        elif isinstance(values, Predicted):
            self._pending.append(self._compact(values.columns, values.outputs, rows))
        else:
            self._pending.append(_direct(values, rows))
        self._pending_rows += rows
        if self._pending_rows >= CHUNK_ROWS:
            self._count_soon()
        elif not self._is_armed:
            self._is_armed = True
            self._later(_FLUSH_SECONDS, self._count_late)

    def counts(self) -> TrafficCounts:
        """Count what waits, and return everything."""
        while self._pending:
            self._count_chunk()
        bins: dict[str, NumberBins | TextsBins] = {**self._numbers, **self._texts}
        return TrafficCounts(
            counted_rows=self._counted_rows,
            dropped_rows=self._dropped_rows,
            features=tuple(bins[name].counts() for name in self._names),
            prediction=self._prediction.counts(),
        )

    def _count_late(self) -> None:
        self._is_armed = False
        self._count_due()

    def _count_soon(self) -> None:
        if not self._is_due:
            self._is_due = True
            self._later(0, self._count_due)

    def _count_due(self) -> None:
        self._is_due = False
        if self._pending:
            self._count_chunk()
        if self._pending:
            self._count_soon()

    def _count_chunk(self) -> None:
        """Count about as many rows as one turn of the event loop may take."""
        chunk: list[_Compact] = []
        rows = 0
        while self._pending and rows < CHUNK_ROWS:
            compact = self._next()
            chunk.append(compact)
            rows += compact.rows
        # Taken before they are counted: a defect in counting must not come again with each turn.
        self._pending_rows -= rows
        if self._numbers:
            matrix = _joined_numbers(chunk, len(self._numbers))
            for numbers, values in zip(self._numbers.values(), matrix, strict=True):
                numbers.count(values)
        for place, texts in enumerate(self._texts.values()):
            texts.count(list(chain.from_iterable(compact.texts[place] for compact in chunk)))
        self._prediction.count(b"".join(compact.answers for compact in chunk))
        self._counted_rows += rows

    def _next(self) -> _Compact:
        """Take the oldest rows, at most as many as a chunk has."""
        oldest = self._pending.popleft()
        if isinstance(oldest, _Compact):
            return oldest
        if oldest.rows > CHUNK_ROWS:
            self._pending.appendleft(_part(oldest, slice(CHUNK_ROWS, None)))
        return self._compact(*_part(oldest, slice(CHUNK_ROWS)))

    def _arrays(self, values: Predicted | DirectAnswer) -> tuple[Columns, Outputs]:
        if isinstance(values, Predicted):
            return values.columns, values.outputs
        columns = dict(zip(self._numbers, values.numbers(), strict=True))
        for name, texts in zip(self._texts, values.texts(), strict=True):
            columns[name] = np.array(texts, dtype=object)
        return columns, {self._prediction.output: values.answers()}

    def _compact(self, columns: Columns, outputs: Outputs, rows: int) -> _Compact:
        return _Compact(
            _bytes_of(self._numbers_of(columns)),
            tuple([columns[name].tolist() for name in self._texts]),
            self._prediction.kept(outputs),
            rows,
        )


def _direct(values: DirectAnswer, rows: int) -> _Compact:
    texts = tuple(values.texts())
    return _Compact(values.numbers().tobytes(), texts, values.answers().tobytes(), rows)


def _getter(names: tuple[str, ...]) -> Callable[[Columns], Sequence[NDArray[Any]]]:
    """Return what takes these columns; for many it is twice as fast as a loop."""
    return itemgetter(*names) if len(names) > 1 else lambda columns: [columns[n] for n in names]


def _part(large: _Large, rows: slice) -> _Large:
    return _Large(
        {name: values[rows] for name, values in large.columns.items()},
        {name: values[rows] for name, values in large.outputs.items()},
        len(range(large.rows)[rows]),
    )


def _bytes_of(columns: Sequence[NDArray[np.float64]]) -> bytes:
    try:
        # A third of what np.concatenate takes for arrays of one element.
        return b"".join(cast("Sequence[bytes]", columns))
    except TypeError:  # columns of a matrix, with gaps between their elements
        return np.concatenate(columns).tobytes()


def _joined_numbers(chunk: Sequence[_Compact], columns: int) -> NDArray[np.float64]:
    """Return the columns of all rows, shape (columns, rows)."""
    # The numbers of one row are the same in either order, so all such rows are one matrix.
    single = b"".join(compact.numbers for compact in chunk if compact.rows == 1)
    parts = [np.frombuffer(single).reshape(-1, columns).T]
    parts += [
        np.frombuffer(compact.numbers).reshape(columns, -1) for compact in chunk if compact.rows > 1
    ]
    return np.concatenate(parts, axis=1)
