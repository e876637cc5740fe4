"""Writes wait for tokens in order of their arrival; everybody waits when the server asks for it."""

import asyncio

import pytest
from tests.unit.operator.runtime.loops import ManualLoop, run

from tidewheel_operator.runtime.pacing import Pacing


def written_at(count: int, rate: float, burst: int, idle: float = 0.0) -> list[float]:
    """Return when each of so many writes at once may be sent, after a time without any."""

    async def scenario(loop: ManualLoop) -> list[float]:
        pacing = Pacing(rate, burst, loop.time)
        await asyncio.sleep(idle)
        began, moments = loop.now, []

        async def write() -> None:
            await pacing.before_write()
            moments.append(loop.now - began)

        await asyncio.gather(*(write() for _ in range(count)))
        return moments

    moments: list[float] = run(scenario)
    return moments


@pytest.mark.parametrize("idle", [0.0, 3600.0], ids=["at the start", "after an hour of rest"])
def test_burst_passes_at_once_and_the_rest_at_the_rate(idle: float) -> None:
    moments = written_at(count=7, rate=2, burst=3, idle=idle)

    assert moments == pytest.approx([0, 0, 0, 0.5, 1.0, 1.5, 2.0])


def test_default_lets_a_thousand_runs_write_twice_in_three_seconds() -> None:
    assert max(written_at(count=2000, rate=400, burst=800)) == pytest.approx(3.0)


def test_tokens_come_back_at_the_rate() -> None:
    async def scenario(loop: ManualLoop) -> float:
        pacing = Pacing(2, 2, loop.time)
        for _ in range(2):
            await pacing.before_write()
        await asyncio.sleep(0.5)
        await pacing.before_write()
        return loop.now

    assert run(scenario) == 0.5


@pytest.mark.parametrize(
    ("pauses", "seconds"),
    [
        pytest.param([], 0.0, id="no wish"),
        pytest.param([7.0], 7.0, id="a wish"),
        pytest.param([7.0, 1.0], 7.0, id="a shorter wish after it"),
        pytest.param([1.0, 7.0], 7.0, id="a longer wish after it"),
        pytest.param([86_400.0], 120.0, id="a wish that would stop the operator for a day"),
    ],
)
def test_server_is_left_alone(pauses: list[float], seconds: float) -> None:
    async def scenario(loop: ManualLoop) -> tuple[float, float]:
        pacing = Pacing(1, 10, loop.time)
        for pause in pauses:
            pacing.pause(pause)
        await pacing.before_read()
        read = loop.now
        await pacing.before_write()
        return read, loop.now

    assert run(scenario) == (seconds, seconds)


def test_wish_that_comes_during_a_wait_lengthens_it() -> None:
    async def scenario(loop: ManualLoop) -> float:
        pacing = Pacing(1, 10, loop.time)
        pacing.pause(2.0)
        loop.call_later(1.0, pacing.pause, 5.0)
        await pacing.before_read()
        return loop.now

    assert run(scenario) == 6.0


def test_reads_take_no_tokens() -> None:
    async def scenario(loop: ManualLoop) -> float:
        pacing = Pacing(1, 1, loop.time)
        for _ in range(100):
            await pacing.before_read()
        await pacing.before_write()
        return loop.now

    assert run(scenario) == 0.0
