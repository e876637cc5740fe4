"""Which keys a pattern means."""

import pytest

from tidewheel_trainer.sources.key_pattern import matcher

KEYS = ("a.csv", "b.csv.gz", "x/a.csv", "x/y/a.csv", "x/y/+1.csv", "x/yy/b.txt")


@pytest.mark.parametrize(
    ("pattern", "matching"),
    [
        ("*.csv", ["a.csv"]),
        ("**.csv", ["a.csv", "x/a.csv", "x/y/a.csv", "x/y/+1.csv"]),
        ("**/*.csv", ["a.csv", "x/a.csv", "x/y/a.csv", "x/y/+1.csv"]),
        ("x/**/a.csv", ["x/a.csv", "x/y/a.csv"]),
        ("x/*/a.csv", ["x/y/a.csv"]),
        ("x/?/*", ["x/y/a.csv", "x/y/+1.csv"]),
        ("x/y/+1.csv", ["x/y/+1.csv"]),
        ("x/y**", ["x/y/a.csv", "x/y/+1.csv", "x/yy/b.txt"]),
        ("?.csv*", ["a.csv", "b.csv.gz"]),
        ("a", []),
        ("[ab].csv", []),
        ("a?csv", ["a.csv"]),
        ("x?a.csv", []),
    ],
)
def test_a_pattern_stands_for_these_keys(pattern: str, matching: list[str]) -> None:
    matches = matcher(pattern)
    assert [key for key in KEYS if matches(key)] == matching


def test_a_key_may_hold_a_line_break() -> None:
    assert matcher("a*.csv")("a\nb.csv")
