"""Names of columns that a source without a schema of its own gives."""

from collections.abc import Sequence

from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError

__all__ = ["refuse_unusable_names"]


def refuse_unusable_names(names: Sequence[str], name: str) -> None:
    """Refuse columns that steps and checks could not tell apart: SQL knows no upper and lower case.

    Raises:
        TrainerError: SourceUnreadable.
    """
    seen: dict[str, str] = {}
    for place, column in enumerate(names, start=1):
        if not column:
            raise TrainerError(
                FailureReason.SOURCE_UNREADABLE,
                f"column {place} of {name!r} has no name; give it one (pandas writes such a "
                "column for its index: use `index=False`)",
            )
        known = seen.get(column.lower())
        if known is not None:
            fault = (
                f"two columns named {column!r}"
                if known == column
                else f"columns named {known!r} and {column!r}, which differ in case only"
            )
            raise TrainerError(
                FailureReason.SOURCE_UNREADABLE, f"{name!r} has {fault}; rename one of them"
            )
        seen[column.lower()] = column
