"""Rows of the test window and what the published fit said of them: what a server is tested by."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

__all__ = ["LIMIT_BYTES", "MOST_ROWS", "PROTOCOL", "CheckRows"]

PROTOCOL = 1
MOST_ROWS = 200
# Of many columns or long texts there are fewer rows, at least one.
LIMIT_BYTES = 4 * 1024 * 1024


class CheckRows(BaseModel):
    """Rows as clients send them, and the answers that the fit gave before it was a file.

    `columns` are in the order of the manifest's inputs, one value a row, null for a missing one.
    `predicted` has the class of each row as JSON, or its number; `probabilities` the probability
    of each of the manifest's classes, row by row, and nothing where a number is predicted.
    """

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, frozen=True, extra="forbid"
    )

    protocol: Annotated[int, Field(ge=1)] = PROTOCOL
    columns: tuple[tuple[Any, ...], ...]
    predicted: tuple[Any, ...]
    probabilities: tuple[tuple[float, ...], ...] = ()
