"""The compiled engine; what the words stand for is said in `src/engine/*.hpp`."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

class Features:
    def __init__(self, is_text: Sequence[bool]) -> None: ...
    @property
    def width(self) -> int: ...
    def add_number(self, column: int, steps: Sequence[tuple[str, float]]) -> None: ...
    def add_missing(self, column: int, steps: Sequence[tuple[str, float]]) -> None: ...
    def add_code(
        self,
        column: int,
        keys: list[str] | list[float],
        codes: Sequence[float],
        missing: float,
        unknown: float,
        steps: Sequence[tuple[str, float]],
    ) -> None: ...
    def add_one_hot(
        self,
        column: int,
        keys: list[str] | list[float],
        codes: Sequence[float],
        missing: float,
        unknown: float,
        width: int,
    ) -> None: ...

class Linear:
    def __init__(self, coefficients: Sequence[float], intercepts: Sequence[float]) -> None: ...

class _Trees:
    def __init__(self, features: int, outputs: int, width: int, scale: float) -> None: ...
    def add(
        self,
        feature: NDArray[np.int64],
        threshold: NDArray[np.float64],
        left: NDArray[np.int64],
        right: NDArray[np.int64],
        missing_left: NDArray[np.uint8],
        values: NDArray[np.float64],
        output: int,
    ) -> None: ...

class FloatTrees(_Trees): ...
class DoubleTrees(_Trees): ...

class Model:
    def __init__(
        self,
        features: Features,
        estimator: Linear | FloatTrees | DoubleTrees,
        start: Sequence[float],
        answer: str,
        accepts: str,
        refuses_endless_columns: bool,
    ) -> None: ...
    def predict(self, columns: list[Any]) -> NDArray[np.float64]: ...

class Answered:
    @property
    def response(self) -> bytes: ...
    @property
    def rows(self) -> int: ...
    def numbers(self) -> NDArray[np.float64]: ...
    def texts(self) -> list[list[str | None]]: ...
    def answers(self) -> NDArray[np.float64]: ...

class Call:
    def __init__(
        self,
        model: Model,
        columns: Sequence[tuple[str, str, Sequence[str]]],
        matrix_datatypes: Sequence[str],
        opening: str,
        outputs: Sequence[tuple[str, str, str, Sequence[str], bool]],
    ) -> None: ...
    def __call__(self, body: bytes, rows_limit: int) -> Answered | None: ...
