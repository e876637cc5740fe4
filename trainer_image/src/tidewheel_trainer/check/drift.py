"""What changed between the columns of two snapshots, in sentences."""

from collections.abc import Sequence

from tidewheel_contracts.artifact.snapshot import SnapshotColumn

__all__ = ["schema_changes"]


def schema_changes(
    before: Sequence[SnapshotColumn], after: Sequence[SnapshotColumn]
) -> tuple[str, ...]:
    """Return what a reader of the older snapshot would stumble over in the newer one.

    First the columns that are gone, then those with another type, then the new ones, each in the
    order in which its snapshot has them. A type that becomes known is no change.
    """
    old = {column.name: column.type for column in before}
    new = {column.name: column.type for column in after}
    gone = [f"column {name!r} ({kind}) is gone" for name, kind in old.items() if name not in new]
    changed = [
        f"column {name!r} was {kind} and is {new[name]}"
        for name, kind in old.items()
        if name in new and new[name] != kind and "null" not in (kind, new[name])
    ]
    added = [f"column {name!r} ({kind}) is new" for name, kind in new.items() if name not in old]
    return (*gone, *changed, *added)
