"""JSON Lines, good and bad."""

import json
import math
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.unit.trainer.sources.landing import fault, landed

from tidewheel_trainer.sources.files import land_json_lines


def column(values: list[str], folder: Path) -> tuple[str, list[Any]]:
    """Return type and values of a column whose values are written as these pieces of JSON."""
    text = "".join(f'{{"v": {value}}}\n' for value in values)
    return landed(land_json_lines, text, folder)["v"]


@pytest.mark.parametrize(
    ("values", "kind", "parsed"),
    [
        (["1", "null", "9007199254740993"], "int64", [1, None, 2**53 + 1]),
        (["18446744073709551615", "1"], "string", ["18446744073709551615", "1"]),
        (["1", "2.5", "-1e-3"], "double", [1.0, 2.5, -0.001]),
        (["true", "false"], "bool", [True, False]),
        (['"5"', '"6"'], "string", ["5", "6"]),
        (['"true"'], "string", ["true"]),
        (["5", '"x"'], "string", ["5", "x"]),
        (["null", "null"], "null", [None, None]),
        (['{"a": [1, {"b": "c"}]}', "[]"], "string", ['{"a":[1,{"b":"c"}]}', "[]"]),
        (['"caf\\u00e9 \\"x\\""', '""'], "string", ['café "x"', ""]),
        (
            ['"2026-01-31T06:00:00Z"', '"2026-01-31T06:00:00.5+02:00"', '""'],
            "timestamp[us, tz=UTC]",
            [
                datetime(2026, 1, 31, 6, tzinfo=UTC),
                datetime(2026, 1, 31, 4, 0, 0, 500_000, tzinfo=UTC),
                None,
            ],
        ),
    ],
)
def test_a_key_has_the_type_that_all_its_values_have(
    tmp_path: Path, values: list[str], kind: str, parsed: list[Any]
) -> None:
    assert column(values, tmp_path) == (kind, parsed)


def test_nan_and_infinity_are_numbers(tmp_path: Path) -> None:
    kind, values = column(["NaN", "Infinity", "-Infinity", "1"], tmp_path)
    assert (kind, math.isnan(values[0]), values[1:]) == ("double", True, [math.inf, -math.inf, 1.0])


def test_columns_come_in_the_order_of_their_first_appearance(tmp_path: Path) -> None:
    found = landed(land_json_lines, '{"z": 1, "a": 2}\n\n{"m": 3, "a": 4}', tmp_path)
    assert list(found.items()) == [
        ("z", ("int64", [1, None])),
        ("a", ("int64", [2, 4])),
        ("m", ("int64", [None, 3])),
    ]


@pytest.mark.parametrize("text", ["", "\n \n", "{}\n{}\n"])
def test_nothing_at_all_gives_nothing(tmp_path: Path, text: str) -> None:
    assert landed(land_json_lines, text, tmp_path) == {}


def test_ten_thousand_keys_stay_in_order(tmp_path: Path) -> None:
    names = [f"c{place}" for place in range(10_000)]
    rows = [{name: row * place for place, name in enumerate(names)} for row in range(3)]
    found = landed(land_json_lines, "\n".join(map(json.dumps, rows)), tmp_path)
    assert found == {
        name: ("int64", [row * place for row in range(3)]) for place, name in enumerate(names)
    }


def test_keys_are_no_sql(tmp_path: Path) -> None:
    assert landed(land_json_lines, json.dumps({"a'}) --": 1, 'b"': 2}), tmp_path) == {
        "a'}) --": ("int64", [1]),
        'b"': ("int64", [2]),
    }


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ('{"a": 1}\n{"a":\n', "line 2, character 1: Expecting value"),
        ('{"a": 1} {"a": 2}\n', "line 1, character 10: Extra data"),
        ('{"a": 1}\n\n[1]\n', "line 3 is not an object"),
        ("5\n", "line 1 is not an object"),
        ("[" * 100_000, "line 1 is nested too deep"),
        ('{"a": 1, "a": 2}\n', 'in line 1: Object {"a":1,"a":2} has duplicate key "a"'),
    ],
)
def test_a_line_that_is_no_object_is_named(tmp_path: Path, data: str, why: str) -> None:
    assert fault(land_json_lines, data, tmp_path) == (
        f"'raw/data' is not readable as JSON Lines, one object a line ({why}); write it again, or "
        "remove it from the source"
    )


def test_a_line_without_an_end_is_not_read_to_its_end(tmp_path: Path) -> None:
    message = fault(land_json_lines, b'{"a": "' + b"x" * (17 << 20), tmp_path)
    assert "(line 1 is longer than 16 MiB)" in message


def test_text_that_is_not_utf8_is_named_with_its_line(tmp_path: Path) -> None:
    message = fault(land_json_lines, b'{"a": 1}\n{"a": "\xe4"}\n', tmp_path)
    assert message.startswith("line 2 of 'raw/data' is not UTF-8 (byte 0xe4)")


def test_keys_that_differ_in_case_only_are_refused(tmp_path: Path) -> None:
    assert fault(land_json_lines, '{"Id": 1}\n{"id": 2}\n', tmp_path) == (
        "'raw/data' has columns named 'Id' and 'id', which differ in case only; rename one of them"
    )
