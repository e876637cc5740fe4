"""Values of cursor columns: numbers, times and texts each in their own order."""

from typing import Any

import pytest

from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.sources.http_cursor import Highest


def _new(values: list[Any], start: str | None = None) -> tuple[list[Any], str | None]:
    """Return the values that count as new, and the highest one as it is sent."""
    highest = Highest.after("at", start)
    kept = [value for value in values if highest.takes({"at": value}, "row")]
    return kept, highest.value.text if highest.value else None


@pytest.mark.parametrize(
    ("values", "start", "kept", "end"),
    [
        ([], None, [], None),
        ([], "7", [], "7"),
        ([9, 10, 8], None, [9, 10, 8], "10"),
        (["9", "10"], None, ["9", "10"], "10"),
        ([9, 10, 11], "10", [11], "11"),
        ([1, 2], "10", [], "10"),
        ([1.5, 2], "1", [1.5, 2], "2"),
        ([9007199254740993], "9007199254740992", [9007199254740993], "9007199254740993"),
        (["0012", "0013"], "0012", ["0013"], "0013"),
        (["b", "a"], "a", ["b"], "b"),
        (
            ["2026-01-01", "2025-12-31T23:00:00-05:00"],
            "2025-12-31",
            ["2026-01-01", "2025-12-31T23:00:00-05:00"],
            "2025-12-31T23:00:00-05:00",
        ),
        (["2026-01-01T00:00:00Z"], "2026-01-01T01:00:00+01:00", [], "2026-01-01T01:00:00+01:00"),
    ],
)
def test_rows_after_the_start_are_new_and_the_highest_is_kept(
    values: list[Any], start: str | None, kept: list[Any], end: str | None
) -> None:
    assert _new(values, start) == (kept, end)


@pytest.mark.parametrize("value", [None, "", True, [1], {"a": 1}])
def test_what_has_no_order_is_no_cursor(value: Any) -> None:
    with pytest.raises(TrainerError, match="row has no number, time or text in 'at'"):
        _new([value])


@pytest.mark.parametrize(
    ("values", "start"),
    [([1, "a"], None), (["2026-01-01", "a"], None), (["a"], "7"), (["nan"], "7")],
)
def test_values_of_two_kinds_have_no_order(values: list[Any], start: str | None) -> None:
    with pytest.raises(TrainerError, match="which have no order"):
        _new(values, start)
