"""Waiting ends with the state, with the last reason, or at once when it is hopeless."""

from typing import Any, cast

import pytest
from tests.unit.dev.demo.builders import condition, dataset

from tidewheel_dev import api, errors
from tidewheel_dev.demo.context import Demo, Site
from tidewheel_dev.demo.screen import Board
from tidewheel_dev.demo.state import State
from tidewheel_dev.demo.watch import HopelessError, current, wait_for


class Server:
    """An API server with one Dataset, or one that does not answer."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.failure = failure

    def get(self, path: str) -> dict[str, Any]:
        if self.failure is not None:
            raise self.failure
        if not path.endswith("/datasets"):
            return {"items": []}
        metadata = {"name": "flights", "creationTimestamp": "2025-01-01T00:00:00Z"}
        source = {"s3": {"prefix": "raw/flights/"}}
        return {
            "items": [
                {"metadata": metadata, "spec": {"source": source, "target": {"column": "late"}}}
            ]
        }


def demo_on(server: Server) -> Demo:
    site = Site(*cast("Any", (None, None, None, cast("api.Api", server), None)))
    return Demo(site, "demo", *cast("Any", (None, "", None)))


def test_the_state_is_returned_when_nothing_is_missing() -> None:
    state = wait_for(demo_on(Server()), "data", lambda state: None, timeout_seconds=0)
    assert [item.name for item in state.datasets] == ["flights"]
    assert current(demo_on(Server())) == state


def test_the_last_reason_is_told_when_the_time_is_over() -> None:
    with pytest.raises(errors.DevError, match=r"waited 0 s for data: not yet"):
        wait_for(demo_on(Server()), "data", lambda state: "not yet", timeout_seconds=0)


def test_an_api_server_that_does_not_answer_is_a_reason() -> None:
    demo = demo_on(Server(TimeoutError("timed out")))
    with pytest.raises(errors.DevError, match=r"the API server does not answer: timed out"):
        wait_for(demo, "data", lambda state: None, timeout_seconds=0)


def test_what_can_no_longer_come_is_not_waited_for() -> None:
    def missing(state: State) -> str | None:
        raise HopelessError("the run failed")

    with pytest.raises(HopelessError, match="the run failed"):
        wait_for(demo_on(Server()), "a run", missing, timeout_seconds=600)


def test_without_a_terminal_only_changes_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    board = Board()
    before = condition("Ready", "False", "Collecting", "the first snapshot is being made")
    after = condition("Ready", "True", "SnapshotReady", "50009 rows")
    for told in (before, before, after):
        board.update(State(datasets=(dataset(None, told),)), "a snapshot")
    assert [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()] == [
        "Dataset flights Ready=False Collecting: the first snapshot is being made",
        "Dataset flights Ready=True SnapshotReady: 50009 rows",
    ]
