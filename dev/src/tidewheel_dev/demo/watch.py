"""Wait for what the operator does, and show meanwhile what every object says."""

from __future__ import annotations

import time
from collections.abc import Callable

from tidewheel_dev import api, errors, wait
from tidewheel_dev.demo import screen
from tidewheel_dev.demo.context import Demo
from tidewheel_dev.demo.state import State, read_state

__all__ = ["HopelessError", "current", "wait_for"]

_INTERVAL_SECONDS = 0.5
_READ_SECONDS = 30.0


class HopelessError(errors.DevError):
    """What is waited for can no longer come."""


def wait_for(
    demo: Demo, what: str, missing: Callable[[State], str | None], *, timeout_seconds: float
) -> State:
    """Return the first state in which nothing is missing any more.

    Args:
        demo: where to look.
        what: what is waited for, as it reads after "waiting for".
        missing: returns the reason why it is not there yet, or None when it is; raises
            HopelessError when it will never be.
        timeout_seconds: how long to go on looking.

    Raises:
        DevError: the last reason, when the time is over.
    """
    started = time.monotonic()
    with demo.board.shown():
        while True:
            state, reason = _look(demo, missing)
            if state is not None:
                demo.board.update(state, what)
                if reason is None:
                    screen.say(f"{what}: after {time.monotonic() - started:.1f} s")
                    return state
            if time.monotonic() - started >= timeout_seconds:
                raise errors.DevError(f"waited {timeout_seconds:.0f} s for {what}: {reason}")
            time.sleep(_INTERVAL_SECONDS)


def current(demo: Demo) -> State:
    """Return the state as it is now, from an API server that may be busy for a moment."""
    found: list[State] = []

    def missing() -> str | None:
        state, reason = _look(demo, lambda state: None)
        found.extend([state] if state is not None else [])
        return reason

    wait.until("the API server", missing, timeout_seconds=_READ_SECONDS)
    return found[0]


def _look(demo: Demo, missing: Callable[[State], str | None]) -> tuple[State | None, str | None]:
    try:
        state = read_state(demo.site.api, demo.namespace)
    except (api.RefusedError, OSError) as err:
        # An API server that is busy or starts again answers later; the deadline still holds.
        return None, f"the API server does not answer: {err}"
    return state, missing(state)
