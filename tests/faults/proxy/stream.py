"""One watch as it is passed on: line by line, each with the fault that a rule has for it."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from enum import Enum

from tests.faults.proxy.answers import error_line
from tests.faults.proxy.calls import Call
from tests.faults.proxy.faults import (
    Cut,
    Delay,
    Drop,
    Duplicate,
    ErrorEvent,
    Fault,
    Swap,
)

__all__ = ["Ending", "EventStream"]

Send = Callable[[bytes], Awaitable[None]]


class Ending(Enum):
    """How a stream goes on after an event."""

    NONE = "none"
    ORDERLY = "orderly"
    BROKEN = "broken"


class EventStream:
    """Passes the lines of one watch on."""

    def __init__(self, watch: Call, send: Send, fault_of: Callable[[Call], Fault | None]) -> None:
        self._watch = watch
        self._send = send
        self._fault_of = fault_of
        self._held: list[bytes] = []
        self._late: set[asyncio.Task[None]] = set()

    async def pass_on(self, line: bytes) -> Ending:
        """Pass an event on, with its fault."""
        fault = self._fault_of(event_of(self._watch, line))
        if isinstance(fault, Swap):
            self._held.append(line)
            return Ending.NONE
        ending = await self._with_fault(line, fault)
        if ending is Ending.NONE:
            await self._send_held()
        return ending

    async def _with_fault(self, line: bytes, fault: Fault | None) -> Ending:
        match fault:
            case Drop():
                return Ending.NONE
            case Delay(seconds):
                self._send_later(line, seconds)
                return Ending.NONE
            case Duplicate():
                await self._send(line)
                await self._send(line)
                return Ending.NONE
            case Cut(is_orderly):
                await self._send(line[: len(line) // 2])
                return Ending.ORDERLY if is_orderly else Ending.BROKEN
            case ErrorEvent(code):
                await self._send(error_line(code))
                return Ending.ORDERLY
            case _:
                await self._send(line)
                return Ending.NONE

    async def _send_held(self) -> None:
        held, self._held = self._held, []
        for line in held:
            await self._send(line)

    def _send_later(self, line: bytes, seconds: float) -> None:
        async def send() -> None:
            await asyncio.sleep(seconds)
            await self._send(line)

        task = asyncio.ensure_future(send())
        self._late.add(task)
        task.add_done_callback(self._late.discard)

    def close(self) -> None:
        """Send nothing more."""
        for task in self._late:
            task.cancel()


def event_of(watch: Call, line: bytes) -> Call:
    """Return an event as the rules see it."""
    event = json.loads(line)
    name = event["object"].get("metadata", {}).get("name", "")
    return Call(event["type"], watch.plural, watch.namespace, name)
