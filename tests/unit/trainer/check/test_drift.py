"""What changed between the columns of two snapshots."""

from tidewheel_contracts.artifact.snapshot import SnapshotColumn
from tidewheel_trainer.check.drift import schema_changes


def columns(**types: str) -> list[SnapshotColumn]:
    return [SnapshotColumn(name=name, type=kind) for name, kind in types.items()]


def test_columns_that_are_gone_changed_and_new_are_named() -> None:
    before = columns(a="int64", b="string", c="null", d="double")
    after = columns(e="bool", d="int64", c="string", a="int64")
    assert schema_changes(before, after) == (
        "column 'b' (string) is gone",
        "column 'd' was double and is int64",
        "column 'e' (bool) is new",
    )


def test_another_order_is_no_change() -> None:
    assert schema_changes(columns(a="int64", b="string"), columns(b="string", a="int64")) == ()
