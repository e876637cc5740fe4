"""How many threads this process may compute with: what the Job's request of CPU is, rounded up."""

from collections.abc import Mapping

from tidewheel_contracts.job import THREADS_VARIABLE

__all__ = ["LIBRARY_VARIABLES", "thread_count"]

# OpenMP's holds for pyarrow too.
LIBRARY_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def thread_count(environment: Mapping[str, str]) -> int:
    """Return the number that Kubernetes told, and 1 where it told none.

    The node's cores are never asked: others work on them too, and another node would give other
    bytes.
    """
    text = environment.get(THREADS_VARIABLE, "")
    return max(int(text), 1) if text.isdecimal() else 1
