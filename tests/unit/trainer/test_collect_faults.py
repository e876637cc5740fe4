"""Collecting from a bucket in memory: what is refused, lost or told again."""

from typing import Any

import pyarrow as pa
import pytest
from tests.unit.trainer.collections_of_rows import FEBRUARY, JANUARY, Collect, refusal_of, rows_of

from tidewheel_contracts.job import FailureReason


def test_an_empty_prefix_is_named_with_its_bucket(collected: Collect) -> None:
    assert refusal_of(collected) == (
        FailureReason.SOURCE_EMPTY,
        "bucket 'data' has no row in objects whose key begins with 'raw/'; deliver data or correct "
        "the Dataset",
    )


def test_objects_without_a_row_are_an_empty_source(
    store: Any, collected: Collect, parquet: Any
) -> None:
    rows = {"day": pa.array([], pa.timestamp("us")), "late": pa.array([], pa.bool_())}
    store.objects["raw/1.parquet"] = parquet(rows)
    assert refusal_of(collected) == (
        FailureReason.SOURCE_EMPTY,
        "bucket 'data' has no row in objects whose key begins with 'raw/'; deliver data or correct "
        "the Dataset",
    )


def test_a_missing_target_is_named_with_the_columns_there_are(
    store: Any, collected: Collect, parquet: Any
) -> None:
    store.objects["raw/1.parquet"] = parquet({"day": JANUARY, "hour": [5, 6]})
    assert refusal_of(collected) == (
        FailureReason.COLUMN_MISSING,
        "'raw/1.parquet' lacks the target column 'late'; it has day, hour; write it with that "
        "column, or correct the Dataset",
    )


def test_a_column_of_earlier_objects_must_stay(
    store: Any, collected: Collect, parquet: Any
) -> None:
    store.objects["raw/1.parquet"] = parquet(rows_of(JANUARY, [True, False]))
    first = collected()
    store.objects["raw/2.parquet"] = parquet({"day": FEBRUARY, "late": [True, False]})
    assert refusal_of(collected, previous=first) == (
        FailureReason.COLUMN_MISSING,
        "'raw/2.parquet' lacks a column of earlier data, 'hour'; it has day, late; write it "
        "with that column, or correct the Dataset",
    )


def test_a_changed_type_is_named_with_both_types(
    store: Any, collected: Collect, parquet: Any
) -> None:
    store.objects["raw/1.parquet"] = parquet(rows_of(JANUARY, [True, False]))
    store.objects["raw/2.parquet"] = parquet(
        {"day": FEBRUARY, "late": [True, False], "hour": [5.0, 6.5]}
    )
    assert refusal_of(collected) == (
        FailureReason.COLUMN_TYPE_CHANGED,
        "column 'hour' is double in 'raw/2.parquet' but int64 in earlier data; write it as "
        "int64, add a `cast` step, or give the new data a Dataset of its own",
    )


def test_a_time_column_of_text_is_refused(store: Any, collected: Collect, parquet: Any) -> None:
    store.objects["raw/1.parquet"] = parquet({"day": ["a", "b"], "late": [True, False]})
    assert refusal_of(collected) == (
        FailureReason.COLUMN_TYPE_CHANGED,
        "the time column 'day' is string in 'raw/1.parquet'; it must be a timestamp or a "
        "date; write it as one, or name another time column",
    )


@pytest.mark.parametrize("data", [b"late,hour\n1,2\n", b"PAR1" + b"\0" * 40 + b"PAR1"])
def test_an_object_of_another_format_is_named(store: Any, collected: Collect, data: bytes) -> None:
    store.objects["raw/1.csv"] = data
    reason, message = refusal_of(collected)
    assert reason is FailureReason.SOURCE_UNREADABLE
    assert message.startswith("'raw/1.csv' is not a readable Parquet file (")


def test_a_damaged_manifest_is_not_extended(store: Any, collected: Collect, parquet: Any) -> None:
    store.objects["raw/1.parquet"] = parquet(rows_of(JANUARY, [True, False]))
    first = collected()
    store.objects[first.snapshot.manifest_key] += b" "
    assert refusal_of(collected, previous=first)[0] is FailureReason.ARTIFACT_DAMAGED


@pytest.mark.parametrize("extends", [False, True], ids=["first", "extending"])
def test_a_lost_message_is_told_again_without_reading_an_object(
    store: Any, collected: Collect, parquet: Any, extends: bool
) -> None:
    store.objects["raw/1.parquet"] = parquet(rows_of(JANUARY, [True, False]))
    previous = collected() if extends else None
    store.objects["raw/2.parquet"] = parquet(rows_of(FEBRUARY, [True, False], gate=["a", "b"]))
    told = collected(previous)
    assert told.ignored_columns == ("gate",)
    assert collected(previous) == told
    assert not [key for key in store.reads if key.startswith("raw/")]
    # With that message the source is as it was; what was said of it stays.
    assert collected(told) == told


def test_an_attempt_that_died_before_its_manifest_is_done_again(
    store: Any, collected: Collect, parquet: Any
) -> None:
    store.objects["raw/1.parquet"] = parquet(rows_of(JANUARY, [True, False]))
    first = collected()
    del store.objects[first.snapshot.manifest_key]
    assert collected() == first
    assert first.snapshot.manifest_key in store.objects


def test_a_changed_manifest_is_not_published_as_the_same(
    store: Any, collected: Collect, parquet: Any
) -> None:
    store.objects["raw/1.parquet"] = parquet(rows_of(JANUARY, [True, False]))
    key = collected().snapshot.manifest_key
    store.objects = {"raw/1.parquet": store.objects["raw/1.parquet"], key: b"{}"}
    assert refusal_of(collected) == (
        FailureReason.ARTIFACT_DAMAGED,
        f"the snapshot's manifest '{key}' was changed; restore it from a backup of the bucket, or "
        "delete it: the next collection reads the source anew",
    )


@pytest.mark.parametrize("lost", ["sources", "snapshots"])
def test_without_index_or_manifest_the_source_is_read_anew(
    store: Any, collected: Collect, parquet: Any, lost: str
) -> None:
    store.objects["raw/1.parquet"] = parquet(rows_of(JANUARY, [True, False]))
    first = collected()
    for key in [key for key in store.objects if f"/{lost}/" in key]:
        del store.objects[key]
    store.objects["raw/2.parquet"] = parquet(rows_of(FEBRUARY, [True, False]))
    assert collected(first).snapshot.rows == 4
