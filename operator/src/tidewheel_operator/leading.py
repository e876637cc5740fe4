"""Working while this replica leads, and handing over when it ends."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from tidewheel_operator.runtime.leadership import Leadership
from tidewheel_operator.runtime.queue import WorkQueue

__all__ = ["drain", "lead"]

_LOG = logging.getLogger(__name__)
# Together with the release and the successor's next try this stays below four seconds.
_DRAIN_SECONDS = 1.0

Work = Callable[[], Awaitable[None]]


async def lead(leadership: Leadership, queue: WorkQueue, work: Work) -> None:
    """Run `work` whenever this replica leads; return when the queue is closed.

    A lost Lease does not end the process: its cache is hot, its writes are fenced, and it goes back
    to being the one that takes over next.
    """
    while not queue.is_closed:
        await leadership.campaign()
        await _work_until_lost(leadership, work)


async def _work_until_lost(leadership: Leadership, work: Work) -> None:
    working = asyncio.ensure_future(work())
    keeping = asyncio.create_task(leadership.keep())
    try:
        await asyncio.wait({working, keeping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (working, keeping):
            task.cancel()
        await asyncio.wait({working, keeping})
    for task in (working, keeping):
        if not task.cancelled():
            task.result()


async def drain(leadership: Leadership, queue: WorkQueue, leading: asyncio.Task[None]) -> None:
    """Let the workers end what they have begun, then give the Lease back."""
    queue.close()
    if leadership.is_leading:
        await asyncio.wait({leading}, timeout=_DRAIN_SECONDS)
    leading.cancel()
    await asyncio.wait({leading})
    await leadership.release()
