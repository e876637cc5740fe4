"""Loads the model while the server already answers, with patience for a store that does not."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator

from tidewheel_contracts.job import Failure, FailureReason
from tidewheel_server.errors import LoadError, StoreUnavailableError
from tidewheel_server.log import log, log_defect
from tidewheel_server.model_state import Failed, Loading, ModelState, Ready, ServedModel

__all__ = ["in_daemon_thread", "load_with_patience", "retry_delays"]


async def load_with_patience(
    load: Callable[[], ServedModel],
    show: Callable[[ModelState], None],
    delays_seconds: Iterator[float],
) -> Ready | Failed:
    """Return the final state of loading, and show each state on the way."""
    show(Loading("The model is being loaded"))
    while True:
        try:
            return Ready(await in_daemon_thread(load))
        except StoreUnavailableError as error:
            delay_seconds = next(delays_seconds, None)
            if delay_seconds is None:
                return Failed(error.failure)
            show(Loading(f"{error}; the next try is in {delay_seconds:g} s"))
            log("store unavailable", message=str(error), retry_in_seconds=delay_seconds)
            await asyncio.sleep(delay_seconds)
        except LoadError as error:
            return Failed(error.failure)
        except Exception as error:
            log_defect("loading failed", error)
            message = f"Loading the model failed with {type(error).__name__}: {error}"
            return Failed(Failure(reason=FailureReason.INTERNAL, message=message[:3000]))


def retry_delays(
    patience_seconds: float, clock: Callable[[], float] = time.monotonic
) -> Iterator[float]:
    """Yield 1, 2, 4, 8, then 15 seconds again and again, until the patience ends."""
    end = clock() + patience_seconds
    delay = 1.0
    while clock() < end:
        yield delay
        delay = min(2 * delay, 15.0)


def in_daemon_thread(function: Callable[[], ServedModel]) -> asyncio.Future[ServedModel]:
    """Return the future result of a function; its thread never keeps the process from ending."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[ServedModel] = loop.create_future()

    def settle(result: ServedModel | None, error: BaseException | None) -> None:
        if future.cancelled():
            return
        if error is not None:
            future.set_exception(error)
        elif result is not None:
            future.set_result(result)

    def run() -> None:
        try:
            result, error = function(), None
        except Exception as caught:
            result, error = None, caught
        loop.call_soon_threadsafe(settle, result, error)

    threading.Thread(target=run, name="load", daemon=True).start()
    return future
