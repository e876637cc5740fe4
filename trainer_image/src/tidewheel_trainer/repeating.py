"""Call a function again and again beside the work of this process."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from tidewheel_trainer.failure import TrainerError

__all__ = ["repeatedly"]


@contextmanager
def repeatedly(call: Callable[[], None], seconds: float) -> Iterator[None]:
    """Call a function at once and every so many seconds, by a thread, until the block ends.

    Raises:
        TrainerError: when the first call does; a later one may do so, and the next one comes.
    """
    call()
    ended = threading.Event()

    def go_on() -> None:
        while not ended.wait(seconds):
            with suppress(TrainerError):
                call()

    thread = threading.Thread(target=go_on, name="repeatedly", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
