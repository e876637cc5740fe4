"""Probes for a faster engine, and what scikit-learn said of them: the judge's answers travel along.

A server that has them compares an engine with scikit-learn without importing scikit-learn.
"""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

__all__ = ["LIMIT_BYTES", "MOST_PROBES", "PROTOCOL", "Parity"]

PROTOCOL = 1
MOST_PROBES = 2000
# Of many columns or long texts there are fewer probes.
LIMIT_BYTES = 2 * 1024 * 1024


class Parity(BaseModel):
    """Rows as clients send them, and the answers of the published file in scikit-learn.

    `columns` are in the order of the manifest's inputs, one value a row, null for a missing one.
    `predicted` has the class of each row as JSON, or its number, and null where scikit-learn
    refuses the row. `probabilities` has the probability of each of the manifest's classes, row by
    row, nothing for a refused row, and is empty where a number is predicted.
    """

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, frozen=True, extra="forbid"
    )

    protocol: Annotated[int, Field(ge=1)] = PROTOCOL
    columns: tuple[tuple[Any, ...], ...]
    predicted: tuple[Any, ...]
    probabilities: tuple[tuple[float, ...], ...] = ()
