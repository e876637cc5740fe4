"""Collecting from a bucket in memory: what a snapshot holds."""

import io
import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.unit.trainer.collections_of_rows import (
    FEBRUARY,
    FOLDER,
    JANUARY,
    Collect,
    manifest_of,
    refusal_of,
    rows_of,
)
from tests.unit.trainer.conftest import collect_from

from tidewheel_contracts.api.v1alpha1.common import Column
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.surroundings import Surroundings


def test_a_first_collection_counts_rows_labels_and_times(
    store: Any, collected: Collect, parquet: Any
) -> None:
    store.objects["raw/1.parquet"] = parquet(rows_of(JANUARY, [True, None]))
    store.objects["raw/folder/"] = b"x"
    store.objects["raw/empty"] = b""
    result = collected()
    manifest = manifest_of(store, result)
    assert (manifest.rows, manifest.labelled_rows, manifest.latest_time) == (
        2,
        1,
        "2013-01-02T06:00:00Z",
    )
    assert result.snapshot.parts == len(manifest.parts) == 1
    assert result.columns == (
        Column(name="day", type="timestamp[us]"),
        Column(name="late", type="bool"),
        Column(name="hour", type="int64"),
    )
    part = store.objects[f"{FOLDER}/parts/{manifest.parts[0].sha256}.parquet"]
    assert pq.read_schema(io.BytesIO(part)).metadata is None
    assert len(part) == result.snapshot.size_bytes


def test_an_unchanged_source_is_answered_from_the_manifest_alone(
    store: Any, collected: Collect, parquet: Any
) -> None:
    store.objects["raw/1.parquet"] = parquet(rows_of(JANUARY, [True, False]))
    first = collected()
    assert collected(first) == first
    assert "raw/1.parquet" not in store.reads


def test_only_new_objects_are_read_and_the_snapshot_grows(
    store: Any, collected: Collect, parquet: Any
) -> None:
    store.objects["raw/2.parquet"] = parquet(rows_of(FEBRUARY, [True, False]))
    first = collected()
    store.objects["raw/1.parquet"] = parquet(rows_of(JANUARY, [True, False]))
    second = collected(first)
    assert "raw/2.parquet" not in store.reads
    # In order of times, so that one look at both objects gives the same snapshot.
    assert second == collected()
    assert second.snapshot.rows == 4


def test_a_part_of_a_vanished_object_stays(store: Any, collected: Collect, parquet: Any) -> None:
    store.objects["raw/1.parquet"] = parquet(rows_of(JANUARY, [True, False]))
    store.objects["raw/2.parquet"] = parquet(rows_of(FEBRUARY, [True, False]))
    first = collected()
    del store.objects["raw/1.parquet"]
    second = collected(first)
    assert second.snapshot == first.snapshot
    assert second.source_fingerprint != first.source_fingerprint
    store.objects["raw/3.parquet"] = parquet(rows_of(FEBRUARY, [None, None]))
    assert collected(second).snapshot.rows == 6


def test_a_source_that_returns_to_an_earlier_state_forgets_nothing(
    store: Any, collected: Collect, parquet: Any
) -> None:
    store.objects["raw/1.parquet"] = parquet(rows_of(JANUARY, [True, False]))
    first = collected()
    store.objects["raw/2.parquet"] = parquet(rows_of(FEBRUARY, [True, False]))
    second = collected(first)
    del store.objects["raw/2.parquet"]
    third = collected(second)
    assert (third.snapshot, third.source_fingerprint) == (second.snapshot, first.source_fingerprint)
    store.objects["raw/3.parquet"] = parquet(rows_of(FEBRUARY, [None, None]))
    assert collected(third).snapshot.rows == 6


def test_a_changed_object_replaces_its_part(store: Any, collected: Collect, parquet: Any) -> None:
    store.objects["raw/1.parquet"] = parquet(rows_of(JANUARY, [None, None]))
    first = collected()
    store.objects["raw/1.parquet"] = parquet(rows_of(JANUARY, [True, False]))
    second = collected(first)
    assert (second.snapshot.rows, second.snapshot.labelled_rows) == (2, 2)


def test_the_same_rows_give_the_same_digest_under_any_key_and_cut(
    store: Any, collected: Collect
) -> None:
    table = pa.table(
        {
            "day": pa.array(
                [1_356_998_400_000_000 + i for i in range(150_000)], pa.timestamp("us")
            ),
            "late": [i % 3 == 0 for i in range(150_000)],
            "carrier": [f"c{i % 7}" for i in range(150_000)],
        }
    )
    digests = []
    for key, cut, text in (("raw/a", 1_000, pa.string()), ("raw/b", 149_999, pa.large_string())):
        buffer = io.BytesIO()
        written = table.set_column(2, "carrier", table["carrier"].cast(text))
        pq.write_table(written, buffer, row_group_size=cut, compression="gzip")
        store.objects = {key: buffer.getvalue()}
        digests.append(collected().snapshot.digest)
    assert digests[0] == digests[1]


def test_parts_are_in_order_of_time_under_any_keys(
    store: Any, collected: Collect, parquet: Any
) -> None:
    january = parquet(rows_of(JANUARY, [True, False]))
    february = parquet(rows_of(FEBRUARY, [True, False]))
    store.objects = {"raw/1": january, "raw/2": february}
    first = collected()
    store.objects = {"raw/b": january, "raw/a": february}
    second = collected()
    latest = [part.latest_time for part in manifest_of(store, second).parts]
    assert latest == ["2013-01-02T06:00:00Z", "2013-02-03T07:30:00Z"]
    assert second.snapshot == first.snapshot


def test_a_renamed_object_is_not_counted_twice(
    store: Any, collected: Collect, parquet: Any
) -> None:
    store.objects["raw/1.parquet"] = parquet(rows_of(JANUARY, [True, False]))
    store.objects["raw/2.parquet"] = parquet(rows_of(FEBRUARY, [True, False]))
    first = collected()
    store.objects["raw/3.parquet"] = store.objects.pop("raw/1.parquet")
    second = collected(first)
    assert second.snapshot == first.snapshot
    assert second.source_fingerprint != first.source_fingerprint


def test_equal_objects_that_are_both_there_are_both_counted(
    store: Any, collected: Collect, parquet: Any
) -> None:
    store.objects["raw/1"] = store.objects["raw/2"] = parquet(rows_of(JANUARY, [True, False]))
    assert collected().snapshot.rows == 4


def test_a_report_of_another_time_and_host_leaves_the_digest_alone(
    store: Any, collect_request: Any, surroundings: Surroundings, parquet: Any
) -> None:
    store.objects["raw/1.parquet"] = parquet(rows_of(JANUARY, [True, False]))
    source = dict(store.objects)
    first = collect_from(store, collect_request(), surroundings)
    report = first.snapshot.manifest_key.replace(".json", ".report.json")
    assert json.loads(store.objects[report])["host"] == "host"
    store.objects = source
    elsewhere = replace(surroundings, host="other", now=lambda: datetime(2027, 1, 1, tzinfo=UTC))
    assert collect_from(store, collect_request(), elsewhere) == first
    assert json.loads(store.objects[report])["host"] == "other"


def test_an_object_of_one_row_group_is_read_in_bounded_memory(tmp_path: Path) -> None:
    rows = 4_000_000
    random = np.random.default_rng(0)
    table = pa.table({"late": random.random(rows) < 0.5, "wind": random.normal(size=rows)})
    pq.write_table(table, tmp_path / "source", row_group_size=rows, use_dictionary=False)
    # A process of its own: a memory pool counts its highest use over all its life.
    program = f"""
from pathlib import Path
import pyarrow as pa
from tidewheel_trainer.collect.columns import Roles
from tidewheel_trainer.collect.part_writer import read_schema, write_parts
folder = Path({str(tmp_path)!r})
schema = read_schema(folder / "source", "key")
write_parts(folder / "source", folder, schema, Roles("late", None), "key")
print(pa.default_memory_pool().max_memory())
"""
    highest = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
    assert int(highest.stdout) < table.nbytes * 2 / 3


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("", "no name"),
        ("w" * 129, f"a name of 129 characters ({'w' * 40!r} ...)"),
    ],
    ids=["empty", "long"],
)
def test_a_column_that_no_object_could_name_is_refused(
    store: Any, collected: Collect, parquet: Any, name: str, shown: str
) -> None:
    store.objects["raw/1.parquet"] = parquet(rows_of(JANUARY, [True, False], **{name: [1, 2]}))
    assert refusal_of(collected) == (
        FailureReason.SOURCE_UNREADABLE,
        f"column 4 of 'raw/1.parquet' has {shown}; write it with a name of at most 128 characters",
    )


def test_labels_that_arrive_with_a_column_of_nulls_are_no_change_of_type(
    store: Any, collected: Collect, parquet: Any
) -> None:
    unlabelled = {"day": JANUARY, "late": pa.nulls(2), "hour": [5, 6]}
    store.objects["raw/1.parquet"] = parquet(unlabelled)
    store.objects["raw/2.parquet"] = parquet(rows_of(FEBRUARY, [True, False]))
    result = collected()
    assert (result.snapshot.rows, result.snapshot.labelled_rows) == (4, 2)
    assert Column(name="late", type="bool") in result.columns


def test_pandas_indexes_and_later_columns_are_left_out_by_name(
    store: Any, collected: Collect, parquet: Any
) -> None:
    frame = pd.DataFrame({"day": JANUARY, "late": [True, False], "hour": [5, 6]}, index=[3, 9])
    store.objects["raw/1.parquet"] = frame.to_parquet()
    store.objects["raw/2.parquet"] = parquet(rows_of(FEBRUARY, [True, False], gate=["a", "b"]))
    result = collected()
    assert result.ignored_columns == ("__index_level_0__", "gate")
    assert [column.name for column in result.columns] == ["day", "late", "hour"]


def test_a_new_target_column_reads_the_source_anew(
    store: Any, collected: Collect, parquet: Any
) -> None:
    store.objects["raw/1.parquet"] = parquet(rows_of(JANUARY, [True, None]))
    first = collected()
    second = collected(first, target={"column": "hour"})
    assert (first.snapshot.labelled_rows, second.snapshot.labelled_rows) == (1, 2)
    assert "raw/1.parquet" in store.reads


def test_dates_order_rows_too(store: Any, collected: Collect, parquet: Any) -> None:
    days = [date(2013, 1, 1), date(2013, 5, 2)]
    store.objects["raw/1.parquet"] = parquet({"day": days, "late": [True, False]})
    assert collected().snapshot.latest_time == "2013-05-02T00:00:00Z"


def test_an_object_without_columns_has_no_rows(
    store: Any, collected: Collect, parquet: Any
) -> None:
    store.objects["raw/1.jsonl"] = b'{"day": "2013-01-01T05:00:00", "late": true}\n'
    store.objects["raw/2.jsonl"] = b"{}\n"
    source = {"s3": {"prefix": "raw/", "format": "JsonLines"}}

    assert collected(source=source).snapshot.rows == 1
