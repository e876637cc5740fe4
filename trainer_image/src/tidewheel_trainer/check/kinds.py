"""Which types of Arrow are of a kind."""

import pyarrow as pa

from tidewheel_contracts.api.v1alpha1.dataset_steps import ColumnKind

__all__ = ["is_of_kind"]


def is_of_kind(kind: ColumnKind, found: pa.DataType) -> bool:
    """Return whether a column of this type is of the kind; without any value it is of each.

    Only integers whose every value fits into 64 bits with a sign are Integer.
    """
    if pa.types.is_null(found):
        return True
    match kind:
        case ColumnKind.BOOLEAN:
            return bool(pa.types.is_boolean(found))
        case ColumnKind.INTEGER:
            return bool(pa.types.is_integer(found) and found != pa.uint64())
        case ColumnKind.DOUBLE:
            return bool(pa.types.is_floating(found))
        case ColumnKind.STRING:
            return bool(pa.types.is_string(found) or pa.types.is_large_string(found))
        case ColumnKind.DATE:
            return bool(pa.types.is_date(found))
        case ColumnKind.TIMESTAMP:
            return bool(pa.types.is_timestamp(found))
