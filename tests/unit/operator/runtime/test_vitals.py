"""What makes a process ask to be replaced."""

import asyncio
from collections.abc import Callable

import pytest
from tests.unit.operator.runtime.loops import ManualLoop, run

from tidewheel_operator.runtime.metrics import LOOP_LAG_SECONDS, WATCH_AGE_SECONDS
from tidewheel_operator.runtime.resources import DATASETS, JOBS
from tidewheel_operator.runtime.vitals import Vitals, measure_loop_lag


class Clock:
    """A clock that the test sets."""

    now = 1000.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


def after(seconds: float, *signs: Callable[[Vitals], None], waiting: float = 0) -> list[str]:
    """Return the complaints so long after the start, when the last signs came just then."""
    clock = Clock()
    vitals = Vitals(clock)
    vitals.expect([DATASETS, JOBS])
    clock.now += seconds
    for sign in signs:
        sign(vitals)
    return vitals.complaints(waiting)


def hear_all(vitals: Vitals) -> None:
    for resource in (DATASETS, JOBS):
        vitals.heard(resource)


@pytest.mark.parametrize(
    ("complaints", "expected"),
    [
        pytest.param(after(900), [], id="fifteen minutes of silence"),
        pytest.param(
            after(901),
            [f"no word of {kind} objects for 901 seconds" for kind in ("Dataset", "Job")],
            id="more than fifteen minutes of silence",
        ),
        pytest.param(
            after(901, lambda vitals: vitals.heard(JOBS)),
            ["no word of Dataset objects for 901 seconds"],
            id="silence of one kind",
        ),
        pytest.param(after(5000, hear_all, waiting=300), [], id="a key waits for five minutes"),
        pytest.param(
            after(5000, hear_all, waiting=301),
            ["objects wait and none was done for 301 seconds"],
            id="a key waits longer and nothing is done",
        ),
        pytest.param(
            after(5000, hear_all, lambda vitals: vitals.worked(), waiting=4000),
            [],
            id="a long queue that gets shorter",
        ),
        pytest.param(
            after(5000, hear_all, waiting=1), [], id="a key that has just come to an idle operator"
        ),
        pytest.param(after(1, lambda vitals: vitals.lagged(5.0)), [], id="a lag of five seconds"),
        pytest.param(
            after(1, lambda vitals: vitals.lagged(6.0)),
            ["the event loop is 6 seconds late"],
            id="a longer lag",
        ),
        pytest.param(
            after(1, lambda vitals: vitals.lagged(6.0), lambda vitals: vitals.lagged(0.1)),
            [],
            id="a lag that is over",
        ),
    ],
)
def test_complaints_after(complaints: list[str], expected: list[str]) -> None:
    assert complaints == expected


def test_kinds_that_are_not_watched_yet_are_not_missed() -> None:
    clock = Clock()
    vitals = Vitals(clock)
    clock.now += 10_000

    assert vitals.complaints(0) == []


def test_metric_tells_for_how_long_a_kind_was_silent() -> None:
    clock = Clock()
    vitals = Vitals(clock)
    vitals.expect([DATASETS])
    clock.now += 40
    vitals.heard(DATASETS)
    clock.now += 2

    [sample] = [
        sample
        for metric in WATCH_AGE_SECONDS.collect()
        for sample in metric.samples
        if sample.labels["kind"] == "Dataset"
    ]
    assert sample.value == 2.0


def test_lag_of_the_loop_is_measured_every_second() -> None:
    async def scenario(loop: ManualLoop) -> list[str]:
        vitals = Vitals(loop.time)
        task = asyncio.ensure_future(measure_loop_lag(vitals))
        await asyncio.sleep(0.5)
        loop.now += 8
        for _ in range(5):
            await asyncio.sleep(0)
        task.cancel()
        return vitals.complaints(0)

    assert run(scenario) == ["the event loop is 8 seconds late"]
    assert 7 < LOOP_LAG_SECONDS._value.get() < 8
