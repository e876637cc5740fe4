"""A valid inference request, whatever protocol it came by."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tidewheel_server.engines.engine import Columns
from tidewheel_server.http.message import shown
from tidewheel_server.protocol.invalid import Invalid
from tidewheel_server.tensors import TensorSpec

__all__ = ["InferenceRequest", "complete_columns", "listed", "no_input"]

_NAMES_SHOWN = 10


@dataclass(frozen=True, slots=True)
class InferenceRequest:
    """Columns in training order, outputs in the order of the answer.

    `binary` names the outputs that the client wants as binary tensors.
    """

    columns: Columns
    rows: int
    outputs: tuple[TensorSpec, ...]
    id: str | None = None
    binary: frozenset[str] = frozenset()


def complete_columns(
    columns: Columns, inputs: Mapping[str, TensorSpec], rows_limit: int
) -> Columns | Invalid:
    """Return the columns in training order, if all are there and have the same rows."""
    missing = inputs.keys() - columns.keys()
    if missing:
        return Invalid(f"Missing inputs: {listed(name for name in inputs if name in missing)}")
    ordered = {name: columns[name] for name in inputs}
    first, rows = next((name, len(column)) for name, column in ordered.items())
    for name, column in ordered.items():
        if len(column) != rows:
            return Invalid(
                f"Input {shown(name)} has {len(column)} rows, but {shown(first)} has {rows}"
            )
    if rows == 0:
        return Invalid("The inputs must have at least one row")
    if rows > rows_limit:
        return Invalid(f"A request may have at most {rows_limit} rows, not {rows}", 413)
    return ordered


def no_input(name: str, inputs: Mapping[str, TensorSpec]) -> Invalid:
    """Return the refusal of an input that the model does not take."""
    return Invalid(f"No input {shown(name)}; the model takes {listed(inputs)}")


def listed(names: Iterable[str]) -> str:
    """Return names as messages list them: quoted, and not too many."""
    quoted = [shown(name) for name in names]
    if len(quoted) > _NAMES_SHOWN:
        return f"{', '.join(quoted[:_NAMES_SHOWN])} and {len(quoted) - _NAMES_SHOWN} more"
    return ", ".join(quoted)
