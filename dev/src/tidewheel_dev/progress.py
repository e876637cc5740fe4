"""Show long steps: a live spinner with seconds on a terminal, plain lines elsewhere."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator

from rich import console, progress

from tidewheel_dev import errors

__all__ = ["all_at_once", "say", "step"]

_CONSOLE = console.Console(highlight=False, soft_wrap=True)
_LIVE_LOCK = threading.Lock()
_live: progress.Progress | None = None
_open_steps = 0


def say(text: str) -> None:
    """Print one line, above the live display when there is one."""
    (_live.console if _live else _CONSOLE).print(text, markup=False)


@contextlib.contextmanager
def step(title: str) -> Iterator[None]:
    """Show `title` while the block runs, then how long it took."""
    started = time.monotonic()
    with _shown(title):
        try:
            yield
        except BaseException:
            say(f"  failed {title} ({time.monotonic() - started:.1f} s)")
            raise
    say(f"  done   {title} ({time.monotonic() - started:.1f} s)")


def all_at_once(*jobs: Callable[[], object]) -> None:
    """Run jobs in threads, wait for all of them, and raise what failed."""
    failures: list[Exception] = []

    def guarded(job: Callable[[], object]) -> None:
        try:
            job()
        except Exception as failure:
            failures.append(failure)

    threads = [threading.Thread(target=guarded, args=(job,), daemon=True) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if not failures:
        return
    if not all(isinstance(failure, errors.DevError) for failure in failures):
        raise ExceptionGroup("steps that ran at the same time failed", failures)
    raise errors.DevError("\n".join(str(failure) for failure in failures))


@contextlib.contextmanager
def _shown(title: str) -> Iterator[None]:
    global _live, _open_steps  # one terminal, so one live display for all threads
    if not _CONSOLE.is_terminal:
        say(f"  start  {title}")
        yield
        return
    with _LIVE_LOCK:
        if _live is None:
            _live = progress.Progress(
                progress.SpinnerColumn(),
                progress.TextColumn("{task.description}"),
                progress.TimeElapsedColumn(),
                console=_CONSOLE,
                transient=True,
            )
            _live.start()
        _open_steps += 1
        task = _live.add_task(title, total=None)
    try:
        yield
    finally:
        with _LIVE_LOCK:
            _live.remove_task(task)
            _open_steps -= 1
            if _open_steps == 0:
                _live.stop()
                _live = None
