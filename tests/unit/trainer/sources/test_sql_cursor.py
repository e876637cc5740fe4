"""Where reading by a cursor stands, and when the source counts as changed."""

from typing import Any

import pytest

from tidewheel_contracts.api.v1alpha1.source_databases import SqlSource
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.sources.sql_cursor import (
    CursorRange,
    CursorValue,
    fingerprint_of,
    refuse_other_kind,
)

ONE = CursorValue("number", "9007199254740993")
TEXT = CursorValue("text", 'é "quoted" \n\\')
SOURCE: dict[str, Any] = {"dialect": "SQLite", "key": "raw/a.sqlite", "table": "a"}


@pytest.mark.parametrize("value", [ONE, TEXT])
def test_a_value_is_the_same_after_it_was_written(value: CursorValue) -> None:
    assert CursorValue.of_json(value.to_json()) == value


@pytest.mark.parametrize("after", [None, ONE])
def test_a_range_is_the_same_after_it_was_written(after: CursorValue | None) -> None:
    given = CursorRange(after, TEXT)
    assert CursorRange.of_json(given.to_json()) == given


def test_newer_rows_and_another_place_change_the_fingerprint() -> None:
    others = [{}, {"key": "raw/b.sqlite"}, {"table": "b"}, {"table": None, "query": "SELECT 1"}]
    sources = [SqlSource.model_validate(SOURCE | other) for other in others]
    found = [fingerprint_of(source, ONE) for source in sources]
    found += [fingerprint_of(sources[0], TEXT), fingerprint_of(sources[0], None)]
    assert len(set(found)) == 6
    assert fingerprint_of(SqlSource.model_validate(SOURCE), ONE) == found[0]


def test_values_of_another_kind_are_refused() -> None:
    refuse_other_kind("n", ONE, CursorValue("number", "1"))
    with pytest.raises(TrainerError) as caught:
        refuse_other_kind("n", ONE, TEXT)
    assert caught.value.reason is FailureReason.SOURCE_UNREADABLE
    assert caught.value.message == (
        "the cursor column 'n' was a number and is a text now, so rows would be missed; make a "
        "new Dataset for the changed table"
    )
