"""An event loop in a thread, so that tests and the cluster's actors work at the same time."""

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

__all__ = ["LoopThread"]

T = TypeVar("T")
_LONGEST_CALL_SECONDS = 60


class LoopThread:
    """A running loop; `run` hands it work and waits for the outcome."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name="rig", daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Do the work in the loop and return its result."""
        future = asyncio.run_coroutine_threadsafe(work, self.loop)
        return future.result(timeout=_LONGEST_CALL_SECONDS)

    def stop(self) -> None:
        """Cancel what still runs, then end the loop."""

        async def cancel() -> None:
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

        self.run(cancel())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(timeout=10)
        self.loop.close()
