"""Steps one after the other: what is counted, in which order rows come out, and in which bytes."""

import math
import random
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.unit.trainer.clean.tables import (
    LIMIT,
    cleaned_table,
    fault_of,
    rows_after,
    steps_of,
    stored,
)

from tidewheel_contracts.artifact.snapshot import StepCount
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.clean.memory import Memory
from tidewheel_trainer.clean.steps import cleaned, divided
from tidewheel_trainer.failure import TrainerError

NAN = math.nan
ODD = 2**53 + 1
KEEP = {"filter": {"expression": "true"}}
DISTINCT = {"dropDuplicates": {}}
COUNTED = {"sql": {"query": "SELECT count(*) AS n FROM input"}}


@pytest.mark.parametrize(
    ("steps", "singles"),
    [([], 0), ([KEEP], 1), ([KEEP, DISTINCT, KEEP], 1), ([COUNTED, KEEP], 0), ([KEEP, KEEP], 2)],
)
def test_steps_from_the_first_that_needs_all_rows_are_of_the_whole(
    steps: list[dict[str, Any]], singles: int
) -> None:
    all_steps = steps_of(*steps)
    assert divided(all_steps) == (all_steps[:singles], all_steps[singles:])


def test_rows_in_and_out_of_each_step_are_counted(tmp_path: Path) -> None:
    inputs = stored(tmp_path, pa.table({"a": [1, 2]}), pa.table({"a": [2, None, 5]}))
    steps = steps_of(
        {"dropNulls": {"columns": ["a"]}},
        DISTINCT,
        {"derive": {"column": "b", "expression": "a * 2"}},
        {"filter": {"expression": "b > 2"}},
        {"sql": {"query": "SELECT sum(b) AS b FROM input"}},
        {"rename": {"column": "b", "to": "c"}},
    )
    counts = cleaned(inputs, steps, tmp_path / "out", Memory(tmp_path, LIMIT))
    assert counts == (
        StepCount(step="dropNulls", rows_in=5, rows_out=4),
        StepCount(step="dropDuplicates", rows_in=4, rows_out=3),
        StepCount(step="derive", rows_in=3, rows_out=3),
        StepCount(step="filter", rows_in=3, rows_out=2),
        StepCount(step="sql", rows_in=2, rows_out=1),
        StepCount(step="rename", rows_in=1, rows_out=1),
    )
    assert pq.read_table(tmp_path / "out").to_pydict() == {"c": [14]}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["input-0", "input-1", "out"]


def test_the_first_of_equal_rows_stays_in_its_place(tmp_path: Path) -> None:
    columns = {"a": [2, 1, 2, None, 1, None], "b": [NAN, 1.0, NAN, NAN, 1.5, NAN], "c": [*range(6)]}
    found = rows_after(tmp_path, columns, {"dropDuplicates": {"columns": ["a", "b"]}})
    assert found["c"] == [0, 1, 3, 4]


def test_whole_rows_are_compared_when_no_column_is_named(tmp_path: Path) -> None:
    columns = {"a": [1, 1, 1], "b": [["x"], ["x"], ["y"]], "c": [{"k": 1}, {"k": 1}, {"k": 1}]}
    assert rows_after(tmp_path, columns, DISTINCT)["b"] == [["x"], ["y"]]


def test_an_answer_with_an_order_keeps_it(tmp_path: Path) -> None:
    query = "WITH q AS (FROM input) SELECT a, b FROM q ORDER BY b DESC"
    found = rows_after(tmp_path, {"a": [1, 2, 3], "b": [5, 6, 4]}, {"sql": {"query": query}})
    assert found == {"a": [2, 1, 3], "b": [6, 5, 4]}


def test_an_answer_without_an_order_is_sorted_by_its_columns(tmp_path: Path) -> None:
    query = "SELECT b, sum(a) AS total FROM input GROUP BY b -- each\n;"
    found = cleaned_table(
        tmp_path, pa.table({"a": [1, 2, 3], "b": ["y", "x", "y"]}), {"sql": {"query": query}}
    )
    assert found.schema.field("total").type == pa.int64()
    assert found.to_pydict() == {"b": ["x", "y"], "total": [2, 4]}


def test_values_pass_untouched(tmp_path: Path) -> None:
    table = pa.table(
        {
            "whole": pa.array([ODD, -(2**63)], pa.int64()),
            "unsigned": pa.array([2**64 - 1, None], pa.uint64()),
            "decimal": pa.array([Decimal("12345678901234567890.123456789"), None]),
            "wide": pa.array([Decimal(10) ** 60, None], pa.decimal256(61, 0)),
            "double": pa.array([math.inf, -0.0]),
            "single": pa.array([0.1, None], pa.float32()),
            "nanoseconds": pa.array([1, None], pa.timestamp("ns")),
            "zoned": pa.array([1, None], pa.timestamp("us", "Europe/Berlin")),
            "bytes": pa.array([b"\xff\x00", None]),
            "text": pa.array(["ä\x00\n" + "x" * 1000, None]),
            "list": pa.array([[1, None], []]),
            "nothing": pa.nulls(2),
        }
    )
    steps = (
        {"filter": {"expression": "single IS NULL OR single > 0"}},
        {"dropNulls": {"columns": ["double"]}},
    )
    assert cleaned_table(tmp_path, table, *steps).equals(table)


def test_packed_texts_are_texts(tmp_path: Path) -> None:
    packed = pa.array(["x", "y", "x", None]).dictionary_encode()
    found = cleaned_table(
        tmp_path, pa.table({"a": packed}), {"fillNulls": {"column": "a", "value": "z"}}, DISTINCT
    )
    assert found.to_pydict() == {"a": ["x", "y", "z"]}


def test_parts_without_a_value_and_whole_numbers_become_the_other_parts_type(
    tmp_path: Path,
) -> None:
    inputs = stored(
        tmp_path,
        pa.table({"a": pa.nulls(1), "b": [1]}),
        pa.table({"b": [1.5], "a": ["x"], "more": [1]}),
    )
    for step in (KEEP, {"sql": {"query": "FROM input ORDER BY b"}}):
        cleaned(inputs, steps_of(step), tmp_path / "out", Memory(tmp_path, LIMIT))
        assert pq.read_table(tmp_path / "out").to_pydict() == {"a": [None, "x"], "b": [1.0, 1.5]}


def test_parts_that_are_no_table_are_told(tmp_path: Path) -> None:
    inputs = stored(tmp_path, pa.table({"a": [1]}), pa.table({"a": ["x"]}))
    with pytest.raises(
        TrainerError, match=r"'a' is int64 in one part .* and string in another"
    ) as e:
        cleaned(inputs, steps_of(DISTINCT), tmp_path / "out", Memory(tmp_path, LIMIT))
    assert e.value.reason is FailureReason.COLUMN_TYPE_CHANGED


@pytest.mark.parametrize("step", [KEEP, DISTINCT, {"sql": {"query": "FROM input"}}])
def test_no_row_is_no_fault(tmp_path: Path, step: dict[str, Any]) -> None:
    table = pa.table({"a": pa.array([], pa.int64()), "b": pa.array([], pa.string())})
    found = cleaned_table(tmp_path, table, step)
    assert (found.num_rows, found.schema) == (0, table.schema)


def test_places_count_from_the_first_step_of_the_dataset(tmp_path: Path) -> None:
    inputs = stored(tmp_path, pa.table({"a": [1]}))
    steps = steps_of(DISTINCT, {"filter": {"expression": "b"}})
    with pytest.raises(TrainerError, match=r"^steps\[4\]\.filter\.expression: there is no column"):
        cleaned(inputs, steps, tmp_path / "out", Memory(tmp_path, LIMIT), first_place=3)


def test_missing_columns_of_duplicates_are_told(tmp_path: Path) -> None:
    fault = fault_of(tmp_path, {"a": [1]}, KEEP, {"dropDuplicates": {"columns": ["z"]}})
    assert fault == "steps[1].dropDuplicates.columns: there is no column 'z'; there are a"


def test_ten_thousand_columns_are_cleaned(tmp_path: Path) -> None:
    table = pa.table({f"c{n}": [n, None, n] for n in range(10_000)})
    found = cleaned_table(
        tmp_path,
        table,
        {"filter": {"expression": "c9999 > 0"}},
        {"fillNulls": {"column": "c7", "value": "1"}},
        {"sample": {"fraction": "0.9999999999"}},
        DISTINCT,
    )
    assert found.equals(table.slice(0, 1))


def rows_of_all_kinds(count: int) -> pa.Table:
    dice = random.Random(5)  # noqa: S311 - no secret
    return pa.table(
        {
            "id": [dice.randrange(count) for _ in range(count)],
            "text": [dice.choice(["", "x", "long " * 300, None]) for _ in range(count)],
            "number": [dice.choice([0.5, NAN, None, math.inf]) for _ in range(count)],
        }
    )


@pytest.mark.parametrize("rows_per_group", [1000, 4096, 9_999])
def test_how_the_input_was_cut_does_not_matter(tmp_path: Path, rows_per_group: int) -> None:
    """Long texts make more than one row group, so the cuts of the output are compared, too."""
    table = rows_of_all_kinds(90_000)
    steps = steps_of(
        {"derive": {"column": "half", "expression": "id / 2"}},
        {"sample": {"fraction": "0.9"}},
        {"dropDuplicates": {"columns": ["id", "text"]}},
        {"sql": {"query": "SELECT * FROM input WHERE text IS NOT NULL OR id > 5"}},
    )
    outputs = []
    for number, tables in enumerate(([table], [table.slice(0, 17), table.slice(17)])):
        folder = tmp_path / str(number)
        folder.mkdir()
        inputs = stored(folder, *tables)
        if number:
            pq.write_table(tables[1], inputs[1], row_group_size=rows_per_group)
        cleaned(inputs, steps, folder / "out", Memory(folder, LIMIT))
        outputs.append((folder / "out").read_bytes())
    assert pq.ParquetFile(tmp_path / "0" / "out").num_row_groups > 1
    assert outputs[0] == outputs[1]


def test_little_memory_changes_nothing_but_the_time(tmp_path: Path) -> None:
    table = pa.table(
        {
            "id": [n * 7919 % 100_000 for n in range(200_000)],
            "text": [f"text {n}" for n in range(200_000)],
        }
    ).append_column("pad", pa.array(["x" * 150] * 200_000))
    steps = steps_of(
        {"dropDuplicates": {"columns": ["id", "pad"]}},
        {"sql": {"query": "SELECT id % 70000 AS k, max(text) AS t FROM input GROUP BY k"}},
    )
    outputs = []
    for number, limit in enumerate((64 << 20, 1 << 30)):
        folder = tmp_path / str(number)
        folder.mkdir()
        cleaned(stored(folder, table), steps, folder / "out", Memory(folder, limit))
        outputs.append((folder / "out").read_bytes())
    assert outputs[0] == outputs[1]
