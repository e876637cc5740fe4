"""Tell in one sentence which step cannot be done, and why."""

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
import pyarrow as pa

from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError

__all__ = ["step_failed", "telling"]

_LONGEST = 500


def step_failed(place: str, fault: str) -> TrainerError:
    """Return the error of the step, or its field, at `place`, such as `steps[3].filter`."""
    return TrainerError(FailureReason.STEP_FAILED, f"{place}: {fault}")


@contextmanager
def telling(place: str) -> Iterator[None]:
    """Turn what DuckDB and Arrow say about rows into the error of the step at `place`."""
    try:
        yield
    except (duckdb.OutOfMemoryException, pa.ArrowMemoryError) as error:
        raise step_failed(
            place, f"needs more memory or more temporary disk than the Job has ({_first(error)})"
        ) from error
    except (duckdb.Error, pa.ArrowException) as error:
        raise step_failed(place, _first(error)) from error


def _first(error: Exception) -> str:
    """Return what went wrong, without the lines that draw where."""
    first = (str(error).strip() or type(error).__name__).splitlines()[0][:_LONGEST]
    # The prefix of what SQL's error() says, which is a sentence already.
    return first.removeprefix("Invalid Input Error: ")
