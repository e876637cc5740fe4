"""Landed rows come into an order that does not depend on the database's."""

import random
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tidewheel_trainer.sources.sql_sorting import write_sorted


def test_the_same_rows_in_any_order_give_the_same_bytes(tmp_path: Path) -> None:
    rows = [{"n": number % 7, "Text": str(number % 3), "x": number % 2} for number in range(500)]
    written = []
    for seed in range(3):
        random.Random(seed).shuffle(rows)  # noqa: S311
        pq.write_table(pa.Table.from_pylist(rows), tmp_path / "rows")
        write_sorted(tmp_path / "rows", ["n"], tmp_path / "sorted", tmp_path)
        written.append((tmp_path / "sorted").read_bytes())
    assert written[0] == written[1] == written[2]
    wanted = sorted(rows, key=lambda row: (row["n"], row["Text"], row["x"]))
    assert pq.read_table(tmp_path / "sorted").to_pylist() == wanted


def test_every_type_stays_what_it_is(tmp_path: Path) -> None:
    schema = pa.schema(
        [
            ("none", pa.null()),
            ("decimal", pa.decimal128(38, 10)),
            ("zoned", pa.timestamp("us", tz="UTC")),
            ("bytes", pa.binary()),
            ('a "name"', pa.string()),
        ]
    )
    moment = datetime(2026, 1, 31, 6, tzinfo=UTC)
    rows = [
        {"none": None, "decimal": Decimal("1.5"), "zoned": moment, "bytes": b"\xff", 'a "name"': ""}
    ]
    pq.write_table(pa.Table.from_pylist(rows, schema), tmp_path / "rows")
    write_sorted(tmp_path / "rows", [], tmp_path / "sorted", tmp_path)
    table = pq.read_table(tmp_path / "sorted")
    assert table.schema == schema
    assert table.to_pylist() == rows


def test_no_rows_give_a_file_with_their_columns(tmp_path: Path) -> None:
    schema = pa.schema([("n", pa.int64())])
    pq.write_table(schema.empty_table(), tmp_path / "rows")
    write_sorted(tmp_path / "rows", ["n"], tmp_path / "sorted", tmp_path)
    assert pq.read_table(tmp_path / "sorted") == schema.empty_table()
