"""Draws lie in their ranges, on their scale, and differ as JSON does."""

from typing import Any

import numpy as np
import pytest
from tests.unit.trainer.search.searches import training, tree

from tidewheel_trainer.search.space import drawn_parameters, parameters_key, rounded_within


def _draws(count: int, **dimension: Any) -> list[Any]:
    (candidate,) = training(tree({"parameter": "max_depth", **dimension})).candidates
    random = np.random.default_rng(0)
    return [drawn_parameters(candidate, random)["max_depth"] for _ in range(count)]


def test_every_whole_number_is_drawn_as_often() -> None:
    drawn = _draws(6000, integer={"low": 1, "high": 3})
    assert [drawn.count(value) / 6000 for value in (1, 2, 3)] == pytest.approx(
        [1 / 3] * 3, abs=0.02
    )


def test_on_a_log_scale_each_order_of_magnitude_is_drawn_as_often() -> None:
    whole = np.array(_draws(6000, integer={"low": 1, "high": 999, "scale": "Log"}))
    real = np.array(_draws(6000, number={"low": "0.001", "high": "1", "scale": "Log"}))
    assert np.bincount(np.log10(whole).astype(int)) / 6000 == pytest.approx([1 / 3] * 3, abs=0.02)
    assert np.bincount((-np.log10(real)).astype(int)) / 6000 == pytest.approx([1 / 3] * 3, abs=0.02)


def test_both_ends_of_a_log_range_of_whole_numbers_are_drawn() -> None:
    drawn = _draws(2000, integer={"low": 2, "high": 4, "scale": "Log"})
    assert set(drawn) == {2, 3, 4}


def test_real_numbers_are_drawn_evenly_with_six_digits() -> None:
    drawn = _draws(6000, number={"low": "-1", "high": "3"})
    assert all(float(f"{value:.6g}") == value for value in drawn)
    shares = np.histogram(drawn, bins=4, range=(-1, 3))[0] / 6000
    assert shares == pytest.approx([0.25] * 4, abs=0.02)


def test_listed_values_are_drawn_as_they_are() -> None:
    drawn = _draws(200, choice={"values": [3, None, [1, 2]]})
    assert {str(value) for value in drawn} == {"3", "None", "[1, 2]"}


def test_rounding_leaves_no_range() -> None:
    assert rounded_within(0.12345678, 0.0, 1.0) == 0.123457
    assert rounded_within(0.12345678, 0.0, 0.1234568) == 0.1234568
    assert rounded_within(0.12345612, 0.1234561, 1.0) == 0.1234561


def test_values_that_json_tells_apart_are_different_trials() -> None:
    keys = {parameters_key("tree", {"a": value}) for value in (1, 1.0, True, "1", None, [1])}
    assert len(keys) == 6
    assert parameters_key("tree", {"a": 1, "b": 2}) == parameters_key("tree", {"b": 2, "a": 1})
    assert parameters_key("tree", {}) != parameters_key("other", {})
