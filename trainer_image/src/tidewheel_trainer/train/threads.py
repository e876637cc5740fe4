"""How many threads numerical libraries use: while a run fits all that it has, to answer one.

The sums of an answer over threads would end in other bits from one time to the next, and a server
answers with one thread too.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache

from joblib import parallel_config
from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]  # it ships no types

__all__ = ["one_thread", "up_to_threads"]


@contextmanager
def up_to_threads(count: int) -> Iterator[None]:
    """Let BLAS, OpenMP and scikit-learn's own loops use so many threads of this process.

    Processes of joblib would each take the memory of the rows once more.
    """
    with _libraries().limit(limits=count), parallel_config("threading", n_jobs=count):
        yield


def one_thread() -> AbstractContextManager[None]:
    """Let them use the thread that calls."""
    return up_to_threads(1)


@cache
def _libraries() -> ThreadpoolController:
    """Return what has threads of its own; looking for it takes longer than many an answer."""
    return ThreadpoolController()
