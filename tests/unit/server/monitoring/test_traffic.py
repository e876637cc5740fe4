"""Rows are counted together, after the answers, and never without a bound."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tidewheel_contracts.artifact.profile import Profile
from tidewheel_contracts.serving_counts import FeatureCounts
from tidewheel_server.model_state import ServedModel
from tidewheel_server.monitoring.traffic import CHUNK_ROWS, PENDING_LIMIT_ROWS, Traffic
from tidewheel_server.protocol.inference import Predicted


class Later:
    """Calls what it was asked to call when the test says so."""

    def __init__(self) -> None:
        self.asked: list[tuple[float, Callable[[], None]]] = []

    def __call__(self, seconds: float, function: Callable[[], None]) -> None:
        self.asked.append((seconds, function))

    def turn(self) -> list[float]:
        """Run what was asked for until now, and return the delays."""
        asked, self.asked = self.asked, []
        for _, function in asked:
            function()
        return [seconds for seconds, _ in asked]


@pytest.fixture
def later() -> Later:
    return Later()


@pytest.fixture
def traffic(profile: Profile, model: ServedModel, later: Later) -> Traffic:
    return Traffic(profile, model.inputs, 2, later)


def rows(count: int, delay: float = 5.0) -> tuple[Predicted, int]:
    columns = {
        "delay": np.full(count, delay),
        "seats": np.full(count, 100.0),
        "night": np.full(count, 1.0),
        "carrier": np.full(count, "UA", dtype=object),
    }
    return Predicted(columns, {"probability": np.full((count, 2), 0.5)}), count


def counted_without_reading(traffic: Traffic) -> int:
    return traffic._counted_rows


def test_few_rows_are_counted_after_a_tenth_of_a_second(traffic: Traffic, later: Later) -> None:
    traffic.add(*rows(1))
    traffic.add(*rows(2))

    assert counted_without_reading(traffic) == 0
    assert later.turn() == [0.1]
    assert counted_without_reading(traffic) == 3
    assert later.turn() == []


def test_many_rows_are_counted_in_the_next_turn(traffic: Traffic, later: Later) -> None:
    for _ in range(CHUNK_ROWS):
        traffic.add(*rows(1))

    assert later.turn() == [0.1, 0]
    assert counted_without_reading(traffic) == CHUNK_ROWS


def test_large_request_is_counted_in_parts_so_that_others_are_answered_between(
    traffic: Traffic, later: Later
) -> None:
    traffic.add(*rows(2 * CHUNK_ROWS + 1))

    seen = []
    while later.asked:
        later.turn()
        seen.append(counted_without_reading(traffic))
    assert seen == [CHUNK_ROWS, 2 * CHUNK_ROWS, 2 * CHUNK_ROWS + 1]


def test_reader_finds_every_row_that_was_answered(traffic: Traffic) -> None:
    traffic.add(*rows(3))
    traffic.add(*rows(2, delay=-5.0))

    counts = traffic.counts()

    assert (counts.counted_rows, counts.dropped_rows) == (5, 0)
    assert counts.features == (
        FeatureCounts(name="delay", bins=(2, 3)),
        FeatureCounts(name="seats", bins=(5, 0)),
        FeatureCounts(name="night", bins=(0, 5)),
        FeatureCounts(name="carrier", bins=(5,)),
    )
    assert counts.prediction.bins == (0, 5)


def test_rows_that_come_faster_than_they_are_counted_are_dropped_and_told(
    traffic: Traffic,
) -> None:
    traffic.add(*rows(PENDING_LIMIT_ROWS))
    traffic.add(*rows(7))

    counts = traffic.counts()

    assert (counts.counted_rows, counts.dropped_rows) == (PENDING_LIMIT_ROWS, 7)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(requests=st.lists(st.tuples(st.integers(1, 3 * CHUNK_ROWS), st.booleans()), max_size=12))
def test_every_row_is_counted_once_however_calls_and_readings_mix(
    profile: Profile, model: ServedModel, requests: list[tuple[int, bool]]
) -> None:
    later = Later()
    traffic = Traffic(profile, model.inputs, 2, later)

    for count, has_turn in requests:
        traffic.add(*rows(count))
        if has_turn:
            later.turn()
        traffic.counts()

    total = sum(count for count, _ in requests)
    counts = traffic.counts()
    assert counts.counted_rows == total
    assert counts.features[0] == FeatureCounts(name="delay", bins=(0, total))


def test_columns_of_a_matrix_are_counted_as_others_are(traffic: Traffic) -> None:
    matrix = np.array([[5.0, 100.0, 1.0], [-5.0, 200.0, 0.0]])
    text = np.array(["UA", None], dtype=object)
    names = ("delay", "seats", "night")
    columns = {**{name: matrix[:, i] for i, name in enumerate(names)}, "carrier": text}

    traffic.add(*rows(1))
    traffic.add(Predicted(columns, {"probability": np.full((2, 2), 0.25)}), 2)
    traffic.add(*rows(1))

    counts = traffic.counts()
    assert counts.features == (
        FeatureCounts(name="delay", bins=(1, 3)),
        FeatureCounts(name="seats", bins=(3, 1)),
        FeatureCounts(name="night", bins=(1, 3)),
        FeatureCounts(name="carrier", missing=1, bins=(3,)),
    )
    assert counts.prediction.bins == (2, 2)


@dataclass(frozen=True)
class OneCall:
    """The answer of an engine that reads the body itself."""

    rows: int
    response: bytes = b""

    def numbers(self) -> np.ndarray:
        return np.array([[5.0], [100.0], [1.0]]).repeat(self.rows, axis=1)

    def texts(self) -> list[list[str | None]]:
        return [["UA"] * self.rows]

    def answers(self) -> np.ndarray:
        return np.full((self.rows, 2), 0.5)


@pytest.mark.parametrize("count", [1, 3, CHUNK_ROWS + 1])
def test_rows_of_an_engine_that_answers_in_one_call_are_counted_as_others_are(
    profile: Profile, model: ServedModel, count: int
) -> None:
    usual, direct = (Traffic(profile, model.inputs, 2, Later()) for _ in range(2))

    usual.add(*rows(count))
    direct.add(OneCall(count), count)

    assert direct.counts() == usual.counts()
