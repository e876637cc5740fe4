"""What a fitted preprocessing makes of the columns, feature by feature: pure.

Each step of scikit-learn turns a matrix into another. Here each feature remembers the column that
it comes from and what is done to its values on the way, so that one row takes one pass.
"""

import math
from dataclasses import dataclass, replace

__all__ = ["Code", "Feature", "Missing", "Number", "OneHot", "Step", "Table", "stepped"]

# ("fill", x) puts x where a value is missing; ("subtract", x) and ("divide", x) are float64's.
Step = tuple[str, float]


@dataclass(frozen=True, slots=True)
class Table:
    """The code of each category of a column, of a missing value, and of one that nobody knows."""

    keys: list[str] | list[float]
    codes: list[float]
    missing: float
    unknown: float

    def recoded(self, code_of: "Table") -> "Table":
        """Return the table that another one makes of this one's codes."""
        known: dict[str | float, float] = dict(zip(code_of.keys, code_of.codes, strict=True))

        def of(code: float) -> float:
            return code_of.missing if math.isnan(code) else known.get(code, code_of.unknown)

        return Table(
            self.keys, [of(code) for code in self.codes], of(self.missing), of(self.unknown)
        )


@dataclass(frozen=True, slots=True)
class Number:
    """The values of a column; a column of text is one that no step has read yet."""

    column: int
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Missing:
    """1 where a column misses its value, else 0."""

    column: int
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Code:
    """The codes of a column's categories."""

    column: int
    table: Table
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class OneHot:
    """As many features as a column has groups of categories; the code is the place of the 1."""

    column: int
    table: Table
    width: int


Feature = Number | Missing | Code | OneHot


def stepped(feature: Number | Missing | Code, step: Step) -> Feature:
    """Return the feature after one more step."""
    return replace(feature, steps=(*feature.steps, step))
