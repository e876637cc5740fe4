"""The profile of a snapshot: exact counts, whatever the columns hold."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from tests.unit.trainer.describe.profiles import column_of, profile_of

from tidewheel_contracts.artifact.snapshot_profile import (
    ColumnGroup,
    ColumnProfile,
    Histogram,
    Period,
    PeriodRows,
    ValueRows,
)
from tidewheel_trainer.describe import sampling


def _values(**rows: int) -> tuple[ValueRows, ...]:
    return tuple(ValueRows(value=value, rows=count) for value, count in rows.items())


def test_a_column_of_numbers_is_counted_in_bins_of_equal_share(tmp_path: Path) -> None:
    numbers = [*np.arange(101, dtype=float), None, float("nan"), float("inf"), -float("inf")]
    column = column_of(tmp_path, pa.array(numbers, pa.float64()))
    edges = np.arange(0.0, 101.0, 5)
    assert column.histogram is not None
    assert column.histogram.edges == pytest.approx(edges)
    assert column.deviation == pytest.approx(29.300170647967224)
    assert column == ColumnProfile(
        name="asked",
        type="double",
        group=ColumnGroup.NUMBER,
        nulls=1,
        nan=1,
        infinite=2,
        distinct=101,
        minimum="0.0",
        maximum="100.0",
        mean=50.0,
        deviation=column.deviation,
        quantiles=(0, 1, 5, 25, 50, 75, 95, 99, 100),
        histogram=Histogram(edges=column.histogram.edges, rows=(6, *[5] * 19)),
    )


def test_a_number_of_few_values_has_them_listed(tmp_path: Path) -> None:
    column = column_of(tmp_path, [3, 1, 3, 3, None, 1, -2])
    assert (column.values, column.histogram, column.distinct) == (
        (
            ValueRows(value="3", rows=3),
            ValueRows(value="1", rows=2),
            ValueRows(value="-2", rows=1),
        ),
        None,
        3,
    )


def test_whole_numbers_that_floats_cannot_hold_are_told_exactly(tmp_path: Path) -> None:
    column = column_of(tmp_path, [2**53, 2**53 + 1, -(2**62) - 1])
    assert (column.distinct, column.minimum, column.maximum) == (
        3,
        "-4611686018427387905",
        "9007199254740993",
    )


def test_numbers_whose_squares_overflow_have_a_mean(tmp_path: Path) -> None:
    column = column_of(tmp_path, [1e308, -1e308, 1e308, 1e308])
    assert (column.mean, column.deviation) == (pytest.approx(5e307), pytest.approx(1e308))


def test_two_zeros_are_one_value(tmp_path: Path) -> None:
    column = column_of(tmp_path, [0.0, -0.0, 1.5])
    assert (column.distinct, column.values) == (2, _values(**{"0": 2, "1.5": 1}))


@pytest.mark.parametrize(
    ("values", "group", "bounds"),
    [
        pytest.param(
            pa.array([Decimal("1.50"), Decimal("-2.25")]),
            ColumnGroup.NUMBER,
            ("-2.25", "1.50"),
            id="decimals",
        ),
        pytest.param(
            pa.array([Decimal(10) ** 60, Decimal(3)], pa.decimal256(70, 2)),
            ColumnGroup.NUMBER,
            ("3.0", "1e+60"),
            id="decimals of 70 digits",
        ),
        pytest.param(
            pa.array([1.5, 2.5], pa.float16()), ColumnGroup.NUMBER, ("1.5", "2.5"), id="half floats"
        ),
        pytest.param(
            pa.array([2**64 - 1, 0], pa.uint64()),
            ColumnGroup.NUMBER,
            ("0", "18446744073709551615"),
            id="unsigned",
        ),
        pytest.param(
            pa.array([datetime(2026, 1, 2, 3, tzinfo=UTC)], pa.timestamp("ns", "Europe/Paris")),
            ColumnGroup.TIME,
            ("2026-01-02T03:00:00Z", "2026-01-02T03:00:00Z"),
            id="times of a zone",
        ),
        pytest.param(
            pa.array([date(1899, 12, 31), date(2026, 1, 2)]),
            ColumnGroup.TIME,
            ("1899-12-31T00:00:00Z", "2026-01-02T00:00:00Z"),
            id="days",
        ),
        pytest.param(pa.array([[1], None]), ColumnGroup.OTHER, (None, None), id="lists"),
        pytest.param(pa.array([{"a": 1}]), ColumnGroup.OTHER, (None, None), id="structures"),
        pytest.param(pa.array([b"\xff"]), ColumnGroup.OTHER, (None, None), id="bytes"),
        pytest.param(pa.nulls(3), ColumnGroup.OTHER, (None, None), id="nothing"),
        pytest.param(
            pa.array([None, None], pa.float64()), ColumnGroup.NUMBER, (None, None), id="no number"
        ),
        pytest.param(
            pa.array([float("nan"), float("inf")]),
            ColumnGroup.NUMBER,
            (None, None),
            id="no finite number",
        ),
    ],
)
def test_every_type_can_be_profiled(
    tmp_path: Path, values: pa.Array, group: ColumnGroup, bounds: tuple[str | None, str | None]
) -> None:
    column = column_of(tmp_path, values)
    assert (column.group, column.minimum, column.maximum) == (group, *bounds)
    assert column.nulls == values.null_count


def test_texts_are_listed_by_their_rows_and_the_empty_one_is_a_text(tmp_path: Path) -> None:
    column = column_of(tmp_path, ["", "b", "a", "", "it's", None, "a", ""])
    expected = (("", 3), ("a", 2), ("b", 1), ("it's", 1))
    assert [(each.value, each.rows) for each in column.values] == list(expected)
    assert (column.nulls, column.distinct, column.minimum, column.maximum) == (1, 4, "", "it's")


def test_twenty_values_are_listed(tmp_path: Path) -> None:
    texts = [f"value {number:02}" for number in range(30) for _ in range(30 - number)]
    column = column_of(tmp_path, texts)
    assert column.distinct == 30
    assert [each.rows for each in column.values] == list(range(30, 10, -1))


def test_long_texts_are_cut(tmp_path: Path) -> None:
    column = column_of(tmp_path, ["é" * 1000, "x"])
    assert {len(each.value) for each in column.values} == {200, 1}
    assert column.maximum == "é" * 200


def test_a_part_in_which_a_column_is_all_null_is_like_any_other(tmp_path: Path) -> None:
    one = pa.table({"late": [True, False], "text": pa.nulls(2), "number": [1, 2]})
    other = pa.table({"late": [True], "text": ["a"], "number": [0.5]})
    late, text, number = profile_of(tmp_path, one, other).columns
    assert late.values == _values(true=2, false=1)
    assert (text.nulls, text.values) == (2, _values(a=1))
    assert (number.minimum, number.maximum) == ("0.5", "2.0")


def test_names_that_sql_takes_for_one_are_two_columns(tmp_path: Path) -> None:
    rows = pa.table({"late": [True], "a": [1], "A": [2], 'quo"te; --': [3]})
    assert [each.maximum for each in profile_of(tmp_path, rows).columns] == ["true", "1", "2", "3"]


def test_of_ten_thousand_columns_the_first_are_profiled_and_those_a_model_goes_by(
    tmp_path: Path,
) -> None:
    names = [f"c{number}" for number in range(10_000)]
    rows = pa.table({name: [1.0, 2.0] for name in names}).rename_columns(
        ["late", *names[1:-1], "day"]
    )
    rows = rows.set_column(9999, "day", pa.array([date(2026, 1, 1), date(2026, 1, 2)]))
    profile = profile_of(tmp_path, rows)
    assert (profile.column_count, len(profile.columns)) == (10_000, 513)
    assert [each.name for each in profile.columns[-2:]] == ["c511", "day"]


def test_rows_are_counted_by_day(tmp_path: Path) -> None:
    days = [date(2026, 1, 3), date(2026, 1, 1), None, date(2026, 1, 3)]
    rows = pa.table({"late": pa.array([1.0, 0.0, 1.0, float("nan")]), "day": days})
    profile = profile_of(tmp_path, rows)
    assert (profile.period, profile.periods) == (
        Period.DAY,
        (
            PeriodRows(begins="2026-01-01", rows=1, labelled_rows=1),
            PeriodRows(begins="2026-01-03", rows=2, labelled_rows=1),
        ),
    )


@pytest.mark.parametrize(
    ("last", "period", "begins"),
    [
        (date(2027, 1, 1), Period.DAY, "2027-01-01"),
        (date(2030, 1, 3), Period.WEEK, "2029-12-31"),
        (date(2050, 5, 5), Period.MONTH, "2050-05-01"),
        (date(2300, 5, 5), Period.YEAR, "2300-01-01"),
        (date(9999, 5, 5), Period.CENTURY, "9900-01-01"),
    ],
)
def test_rows_of_a_long_time_are_counted_by_longer_periods(
    tmp_path: Path, last: date, period: Period, begins: str
) -> None:
    rows = pa.table({"late": [True, False], "day": [date(2026, 1, 1), last]})
    profile = profile_of(tmp_path, rows)
    assert (profile.period, profile.periods[-1].begins) == (period, begins)


def _long(rows: int) -> pa.Table:
    random = np.random.default_rng(0)
    return pa.table(
        {
            "late": random.random(rows) < 0.3,
            "wind": np.arange(rows, dtype=float),
            "carrier": random.choice(["AA", "B6", "UA"], rows, p=[0.2, 0.3, 0.5]),
            "day": pa.array(np.arange(rows) * 86_400_000, pa.timestamp("us")),
        }
    )


@pytest.fixture
def small_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampling, "_MOST_ROWS", 2000)


@pytest.mark.usefixtures("small_sample")
def test_counts_are_of_all_rows_when_only_a_sample_is_kept(tmp_path: Path) -> None:
    table = _long(30_000)
    profile = profile_of(tmp_path, table.slice(0, 11_111), table.slice(11_111))
    late, wind, carrier, _ = profile.columns
    assert profile.sample_rows == pytest.approx(2000, abs=10)
    assert sum(each.rows for each in late.values) == 30_000
    texts = table["carrier"].to_pylist()
    expected = [(name, texts.count(name)) for name in ("UA", "B6", "AA")]
    assert [(each.value, each.rows) for each in carrier.values] == expected
    assert wind.histogram is not None
    histogram = wind.histogram
    assert sum(histogram.rows) + histogram.below + histogram.above == 30_000
    numbers = table["wind"].to_numpy()
    inside = (numbers > histogram.edges[3]) & (numbers <= histogram.edges[4])
    assert histogram.rows[3] == np.count_nonzero(inside)
    assert (wind.quantiles[0], wind.quantiles[-1]) == (0, 29_999)
    assert wind.quantiles[4] == pytest.approx(15_000, rel=0.01)
    assert (wind.distinct_is_estimate, wind.distinct) == (True, pytest.approx(30_000, rel=0.1))


@pytest.mark.usefixtures("small_sample")
def test_the_same_snapshot_has_the_same_profile(tmp_path: Path) -> None:
    first, second = (profile_of(tmp_path, _long(30_000)).model_dump_json() for _ in range(2))
    assert first == second


@pytest.mark.parametrize(
    ("split", "least", "highest"),
    [
        pytest.param(None, 0, 799, id="the oldest four fifths"),
        pytest.param({"time": {"testShare": "0.5"}}, 0, 499, id="the older half"),
        pytest.param({"column": {"name": "part", "train": "b"}}, 500, 999, id="marked rows"),
        pytest.param({"hash": {"columns": ["group"]}}, 0, 599, id="keys that do not test"),
    ],
)
def test_edges_come_from_rows_that_a_model_may_learn(
    tmp_path: Path, split: dict[str, Any] | None, least: int, highest: int
) -> None:
    place = np.arange(1000)
    rows = pa.table(
        {
            "late": place % 2 == 0,
            "wind": place.astype(float),
            "part": np.where(place < 500, "a", "b"),
            "group": np.where(place < 600, 0, _key_that_tests()),
            "day": pa.array(place * 86_400_000_000, pa.timestamp("us")),
        }
    )
    wind = profile_of(tmp_path, rows, split=split).columns[1]
    assert wind.histogram is not None
    assert (wind.histogram.edges[0], wind.histogram.edges[-1]) == (least, highest)
    assert sum(wind.histogram.rows) == highest - least + 1
    assert (wind.histogram.below, wind.histogram.above) == (least, 999 - highest)


def _key_that_tests() -> int:
    hashes = sampling.key_hashes(pa.table({"group": np.arange(50)}))
    keys = np.flatnonzero(hashes % np.uint64(10_000) < 2000)
    assert 0 not in keys
    return int(keys[0])
