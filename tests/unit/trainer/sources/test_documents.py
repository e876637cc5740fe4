"""Documents become rows: which columns, which types, which values."""

import math
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import bson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from bson import Code, DBRef, Decimal128, Int64, MaxKey, ObjectId, Regex, Timestamp
from bson.binary import Binary
from bson.raw_bson import RawBSONDocument

from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.sources import document_spool
from tidewheel_trainer.sources.documents import DocumentError

MOMENT = datetime(2026, 1, 31, 6, 30, tzinfo=UTC)
ID = ObjectId("650000000000000000000001")


def landed(folder: Path, *documents: dict[str, Any]) -> pa.Table:
    """Return the table that documents become."""
    spooled, target = folder / "documents", folder / "landed"
    raw = [RawBSONDocument(bson.encode(document)) for document in documents]
    columns = document_spool.spool(raw, spooled)
    document_spool.write_spooled(spooled, columns, target, "orders")
    return pq.read_table(target)


def column(folder: Path, *values: object) -> tuple[pa.DataType, list[object]]:
    """Return the type and values of a column that holds these."""
    table = landed(folder, *({"value": value} for value in values))
    return table.schema.field("value").type, table["value"].to_pylist()


UTC_TIME = pa.timestamp("us", tz="UTC")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, Int64(2**53 + 1), None], (pa.int64(), [1, 2**53 + 1, None])),
        ([-(2**63), 2**63 - 1], (pa.int64(), [-(2**63), 2**63 - 1])),
        ([1, 1.5], (pa.float64(), [1.0, 1.5])),
        ([2**53 + 1, 1.5], (pa.string(), ["9007199254740993", "1.5"])),
        ([math.inf, -math.inf], (pa.float64(), [math.inf, -math.inf])),
        ([True, None], (pa.bool_(), [True, None])),
        ([True, 1], (pa.string(), ["true", "1"])),
        ([MOMENT, Timestamp(MOMENT, 7)], (UTC_TIME, [MOMENT, MOMENT])),
        ([MOMENT, 1], (pa.string(), ["2026-01-31T06:30:00.000Z", "1"])),
        ([b"\x00\xff", Binary(b"x", 5)], (pa.binary(), [b"\x00\xff", b"x"])),
        ([b"\x00\xff", "x"], (pa.string(), ["AP8=", "x"])),
        ([ID, "x"], (pa.string(), [str(ID), "x"])),
        ([Decimal128("1.10"), Decimal128("1E+5")], (pa.string(), ["1.10", "1E+5"])),
        ([Decimal128("1.10"), 1], (pa.string(), ["1.10", "1"])),
        ([math.inf, "x"], (pa.string(), ["inf", "x"])),
        (["2026-01-31", "007"], (pa.string(), ["2026-01-31", "007"])),
        (["", None], (pa.string(), ["", None])),
        (["x" * 1000], (pa.string(), ["x" * 1000])),
        ([None, None], (pa.null(), [None, None])),
        ([Code("x()"), MaxKey()], (pa.string(), ["x()", "MaxKey()"])),
        ([Regex("a+")], (pa.string(), ["a+"])),
    ],
)
def test_a_column_has_the_one_type_that_holds_all_its_values(
    tmp_path: Path, values: list[object], expected: tuple[pa.DataType, list[object]]
) -> None:
    assert column(tmp_path, *values) == expected


def test_not_a_number_stays_a_double(tmp_path: Path) -> None:
    kind, values = column(tmp_path, math.nan, 1)
    assert (kind, repr(values)) == (pa.float64(), "[nan, 1.0]")


def test_uuids_are_text(tmp_path: Path) -> None:
    value = UUID("12345678-1234-5678-1234-567812345678")
    assert column(tmp_path, Binary.from_uuid(value)) == (pa.string(), [str(value)])


def test_lists_are_json_text_that_rounds_nothing(tmp_path: Path) -> None:
    value = [1, Int64(2**53 + 1), 0.1, math.nan, None, "ü", MOMENT, ID, Decimal128("1.10")]
    nested = [{"a": [b"\xff"]}, Timestamp(MOMENT, 1)]
    assert column(tmp_path, [*value, *nested], []) == (
        pa.string(),
        [
            '[1,9007199254740993,0.1,null,null,"ü","2026-01-31T06:30:00.000Z",'
            f'"{ID}","1.10",{{"a":["/w=="]}},"2026-01-31T06:30:00.000Z"]',
            "[]",
        ],
    )


def test_objects_become_columns_in_the_order_in_which_they_appear(tmp_path: Path) -> None:
    table = landed(
        tmp_path,
        {"b": {"y": 1, "x": {"z": True}}, "a": 1, "none": {}},
        {"a": 2, "b": "flat", "ref": DBRef("orders", ID)},
    )
    assert table.schema == pa.schema(
        [
            ("b.y", pa.int64()),
            ("b.x.z", pa.bool_()),
            ("a", pa.int64()),
            ("b", pa.string()),
            ("ref.$ref", pa.string()),
            ("ref.$id", pa.string()),
        ]
    )
    assert [list(row.values()) for row in table.to_pylist()] == [
        [1, True, 1, None, None, None],
        [None, None, 2, "flat", "orders", str(ID)],
    ]


def test_dates_beyond_pythons_calendar_keep_their_value(tmp_path: Path) -> None:
    year_20000 = bson.DatetimeMS(568_971_820_800_000)
    table = landed(tmp_path, {"value": year_20000})
    assert table["value"].cast(pa.int64()).to_pylist() == [568_971_820_800_000_000]


def test_a_date_out_of_any_calendar_is_told_with_its_document(tmp_path: Path) -> None:
    with pytest.raises(DocumentError) as caught:
        landed(tmp_path, {"_id": 7, "at": bson.DatetimeMS(2**62)})
    assert str(caught.value) == (
        "the document 7 has a date in the column 'at' that is out of any calendar"
    )


def test_a_name_with_a_dot_beside_the_object_that_it_looks_like_is_told(tmp_path: Path) -> None:
    with pytest.raises(DocumentError) as caught:
        landed(tmp_path, {"_id": "x", "a": {"b": 1}, "a.b": 2})
    assert str(caught.value) == (
        "the document 'x' has two fields that are the column 'a.b'; rename one, or leave it out"
    )


def test_a_field_without_a_name_is_told(tmp_path: Path) -> None:
    with pytest.raises(TrainerError, match="column 2 of 'orders' has no name"):
        landed(tmp_path, {"_id": 1, "": 2})


def test_ten_thousand_columns_land(tmp_path: Path) -> None:
    wide = {f"c{number}": number for number in range(10_000)}
    table = landed(tmp_path, wide, {"c3": None, "last": 1})
    assert (table.num_columns, table.num_rows) == (10_001, 2)
    assert table["c9999"].to_pylist() == [9999, None]


def test_keys_that_are_data_are_refused_before_they_fill_the_memory(tmp_path: Path) -> None:
    many = ({"clicks": {f"user{number}": 1}} for number in range(20_001))
    with pytest.raises(DocumentError, match="makes more than 20,000 columns") as caught:
        landed(tmp_path, *many)
    assert "the document None" in str(caught.value)


def test_large_documents_land_in_batches_of_bounded_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(document_spool, "_BATCH_BYTES", 1000)
    documents = [{"_id": number, "text": "x" * 400} for number in range(10)]
    assert landed(tmp_path, *documents).to_pylist() == documents
    # Three of them reach the limit.
    assert pq.ParquetFile(tmp_path / "landed").num_row_groups == 4


def test_no_document_gives_a_file_without_columns(tmp_path: Path) -> None:
    assert landed(tmp_path).shape == (0, 0)
