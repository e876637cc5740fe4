"""Waiting for what has to be there, and saying for what."""

import logging

import pytest
from tests.unit.operator.runtime.loops import ManualLoop, run

from tidewheel_operator import startup
from tidewheel_operator.runtime.api import ApiUnavailableError
from tidewheel_operator.runtime.cache import Cache
from tidewheel_operator.web.health import Health

DEFINITIONS, LISTING = "missing_definitions", "fill"


def script(monkeypatch: pytest.MonkeyPatch, name: str, answers: list[object]) -> None:
    """Let a look at the server give these answers, one each time."""

    async def look(*_: object) -> object:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(startup, name, look)


def start(health: Health) -> tuple[float, str]:
    """Start up; return how long it took and what is still waited for."""

    async def scenario(loop: ManualLoop) -> tuple[float, str]:
        await startup.start_up(None, Cache(), (), health)  # type: ignore[arg-type]
        return loop.now, health.waiting_for

    result: tuple[float, str] = run(scenario)
    return result


def messages(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what was logged."""
    return [record.getMessage() for record in caplog.records]


def test_start_waits_for_nothing_that_is_there(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    script(monkeypatch, DEFINITIONS, [[]])
    script(monkeypatch, LISTING, [None])

    assert start(Health())[0] == 0.0
    assert messages(caplog) == []


def test_start_says_each_thing_it_waits_for_once_and_looks_every_two_seconds(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    away = ApiUnavailableError("connection refused")
    script(
        monkeypatch,
        DEFINITIONS,
        [away, away, ["runs.example", "models.example"], ["runs.example"], ["runs.example"], []],
    )
    script(monkeypatch, LISTING, [ApiUnavailableError("timeout")] * 2 + [None])
    health = Health()

    took, waiting_for = start(health)

    assert took == 7 * 2.0
    # The watches are not filled yet: it is for the process to say that the replica is ready.
    assert waiting_for == "the first listing: timeout"
    assert messages(caplog) == [
        "waiting for the API server: connection refused",
        "waiting for CustomResourceDefinitions: runs.example, models.example",
        "waiting for CustomResourceDefinitions: runs.example",
        "waiting for the first listing: timeout",
    ]


def test_defect_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    script(monkeypatch, DEFINITIONS, [KeyError("a defect")])

    with pytest.raises(KeyError, match="a defect"):
        start(Health())
