"""CSV as people and programs write it, good and bad."""

import functools
import math
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from tests.unit.trainer.sources.landing import Columns, fault, landed

from tidewheel_contracts.api.v1alpha1.source_files import Csv
from tidewheel_trainer.sources import guarded_duckdb
from tidewheel_trainer.sources.files import land_csv


def csv_of(text: bytes | str, folder: Path, **options: Any) -> Columns:
    return landed(functools.partial(land_csv, options=Csv(**options)), text, folder)


def column(values: list[str], folder: Path) -> tuple[str, list[Any]]:
    return csv_of("n,v\n" + "".join(f"1,{value}\n" for value in values), folder)["v"]


@pytest.mark.parametrize(
    ("values", "kind", "parsed"),
    [
        (["1", "-2", ""], "int64", [1, -2, None]),
        (["9007199254740993", "9223372036854775807"], "int64", [2**53 + 1, 2**63 - 1]),
        (["18446744073709551615", "1"], "string", ["18446744073709551615", "1"]),
        (["1", "2.5", "-1e-3", " 4 "], "double", [1.0, 2.5, -0.001, 4.0]),
        (["0.30000000000000004", "1e300"], "double", [0.1 + 0.2, 1e300]),
        (["9007199254740993", "0.5"], "string", ["9007199254740993", "0.5"]),
        (["12345678901234567.25", "1"], "string", ["12345678901234567.25", "1"]),
        (["1e999", "1"], "string", ["1e999", "1"]),
        (["007", "12"], "string", ["007", "12"]),
        (["true", "FALSE", ""], "bool", [True, False, None]),
        (["true", "1"], "string", ["true", "1"]),
        (["2026-01-31", ""], "date32[day]", [date(2026, 1, 31), None]),
        (["2026-02-30"], "string", ["2026-02-30"]),
        (["01/02/2026"], "string", ["01/02/2026"]),
        (
            ["2026-01-31", "2026-01-31T06:07", "2026-01-31 06:07:08.25"],
            "timestamp[us]",
            [
                datetime(2026, 1, 31),  # noqa: DTZ001  the text has no zone
                datetime(2026, 1, 31, 6, 7),  # noqa: DTZ001
                datetime(2026, 1, 31, 6, 7, 8, 250_000),  # noqa: DTZ001
            ],
        ),
        (
            ["2026-01-31T06:00Z", "2026-01-31 06:00:00+02", "2026-01-31T06:00:00 -0330"],
            "timestamp[us, tz=UTC]",
            [
                datetime(2026, 1, 31, 6, tzinfo=UTC),
                datetime(2026, 1, 31, 4, tzinfo=UTC),
                datetime(2026, 1, 31, 9, 30, tzinfo=UTC),
            ],
        ),
        (["2026-01-31T06:00Z", "2026-01-31"], "string", ["2026-01-31T06:00Z", "2026-01-31"]),
        (["1", "x", "2026-01-31"], "string", ["1", "x", "2026-01-31"]),
        (["", ""], "null", [None, None]),
        (['""', "5"], "int64", [None, 5]),
        (['""', "x"], "string", ["", "x"]),
        ([" x ", "y"], "string", [" x ", "y"]),
    ],
)
def test_a_column_has_the_type_that_all_its_values_have(
    tmp_path: Path, values: list[str], kind: str, parsed: list[Any]
) -> None:
    assert column(values, tmp_path) == (kind, parsed)


def test_nan_and_infinity_are_numbers(tmp_path: Path) -> None:
    kind, values = column(["nan", "NaN", "inf", "-Infinity", "1"], tmp_path)
    assert kind == "double"
    assert [math.isnan(value) for value in values[:2]] == [True, True]
    assert values[2:] == [math.inf, -math.inf, 1.0]


def test_the_last_of_many_rows_decides_too(tmp_path: Path) -> None:
    kind, values = column([*map(str, range(150_000)), "x"], tmp_path)
    assert (kind, values[-2:], len(values)) == ("string", ["149999", "x"], 150_001)


def test_quotes_may_hold_quotes_commas_and_lines(tmp_path: Path) -> None:
    text = 'a,"b\nc"\n"1, ""one""","x\r\ny"\n"",z\n'
    assert csv_of(text, tmp_path) == {
        "a": ("string", ['1, "one"', ""]),
        "b\nc": ("string", ["x\r\ny", "z"]),
    }


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_end_as_they_do_anywhere(tmp_path: Path, end: str) -> None:
    text = "\ufeffa,b" + end + "1,x" + end + "2,y"
    assert csv_of(text, tmp_path) == {"a": ("int64", [1, 2]), "b": ("string", ["x", "y"])}


def test_options_name_columns_delimiter_and_texts_of_no_value(tmp_path: Path) -> None:
    options = {"delimiter": "\t", "column_names": ("n", "v"), "null_values": ("NA", "-")}
    assert csv_of('1\tNA\n-\t"NA"\n3\t\n', tmp_path, **options) == {
        "n": ("int64", [1, None, 3]),
        "v": ("string", [None, "NA", ""]),
    }


def test_without_a_text_of_no_value_everything_is_one(tmp_path: Path) -> None:
    assert csv_of("a,b\nx,\n,y\n", tmp_path, null_values=()) == {
        "a": ("string", ["x", ""]),
        "b": ("string", ["", "y"]),
    }


def test_a_header_alone_gives_columns_without_a_row(tmp_path: Path) -> None:
    assert csv_of("a,b\n", tmp_path) == {"a": ("null", []), "b": ("null", [])}
    assert csv_of("", tmp_path, column_names=("a", "b")) == {"a": ("null", []), "b": ("null", [])}


def test_nothing_at_all_gives_nothing(tmp_path: Path) -> None:
    assert csv_of("", tmp_path) == {}


def test_ten_thousand_columns_stay_in_order(tmp_path: Path) -> None:
    names = [f"c{place}" for place in range(10_000)]
    rows = [[str(row * place) for place in range(10_000)] for row in range(3)]
    found = csv_of("\n".join(",".join(line) for line in [names, *rows]), tmp_path)
    assert found == {
        name: ("int64", [row * place for row in range(3)]) for place, name in enumerate(names)
    }


def test_cells_of_a_thousand_characters_are_kept(tmp_path: Path) -> None:
    cells = [letter * 1000 for letter in "äb"]
    assert column(cells, tmp_path) == ("string", cells)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (
            b"a,b\n1,2\n3,\xff\n",
            "line 3 of 'raw/data' is not UTF-8 (byte 0xff); write the file again as UTF-8, or "
            "remove it from the source",
        ),
        (
            b"a\n" + b"x\n" * 600_000 + b"caf\xe9\n",
            "line 600002 of 'raw/data' is not UTF-8 (byte 0xe9); write the file again as UTF-8, or "
            "remove it from the source",
        ),
        (b"a,a\n1,2\n", "'raw/data' has two columns named 'a'; rename one of them"),
        (
            b"a,A\n1,2\n",
            "'raw/data' has columns named 'a' and 'A', which differ in case only; rename one of "
            "them",
        ),
        (
            b",b\n1,2\n",
            "column 1 of 'raw/data' has no name; give it one (pandas writes such a column for its "
            "index: use `index=False`)",
        ),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place(tmp_path: Path, data: bytes, said: str) -> None:
    assert fault(land_csv, data, tmp_path) == said


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ("a,b\n1,2\n3\n", "line 3: Expected Number of Columns: 2 Found: 1"),
        ("a,b\n1,2,3\n", "line 2: Expected Number of Columns: 2 Found: 3"),
        ('a,b\n1,2\n3,"4\n5,6\n', "the row that begins in line 3: unexpected end of data"),
        ('a,b\n1,"x"y\n', "line 2: Value with unterminated quote found"),
        ("a,b\n1,2\r\n3,4\n", "its rows are not as RFC 4180 has them; do all lines end alike?"),
    ],
)
def test_rows_that_are_no_csv_are_never_dropped(tmp_path: Path, data: str, why: str) -> None:
    assert fault(land_csv, data, tmp_path) == (
        f"'raw/data' is not a readable CSV file ({why}); write it again, correct `csv` of the "
        "source, or remove it from the source"
    )


def test_a_lone_quote_within_a_value_is_part_of_it(tmp_path: Path) -> None:
    assert csv_of('a,b\n1,5" pipe\n2,"6"\n', tmp_path)["b"] == ("string", ['5" pipe', "6"])


def test_names_of_files_and_columns_are_no_sql(tmp_path: Path) -> None:
    folder = tmp_path / "it's; DROP"
    folder.mkdir()
    text = '"a\'); --","b"""\n1,2\n'
    assert csv_of(text, folder) == {"a'); --": ("int64", [1]), 'b"': ("int64", [2])}


def test_a_file_larger_than_the_memory_is_read_in_buffers_that_fit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DuckDB's buffers grow with the longest line that it is told of: 256 MB of 16 MB."""
    monkeypatch.setattr(guarded_duckdb, "_MOST_BYTES", 120_000_000)
    line = b"x" * 999 + b"\n"
    source = tmp_path / "large.csv"
    with source.open("wb") as file:
        file.write(b"text\n")
        for _ in range(300):
            file.write(line * 1000)

    land_csv(source, tmp_path / "landed", "large.csv")

    assert pq.read_metadata(tmp_path / "landed").num_rows == 300_000
