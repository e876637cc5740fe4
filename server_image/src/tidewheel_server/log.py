"""Log lines: one JSON object each, on standard output."""

import sys
import traceback
from datetime import UTC, datetime

import orjson

__all__ = ["log", "log_defect"]


def log(event: str, **fields: object) -> None:
    """Write one line; the fields never hold secrets or values of requests."""
    line = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "event": event, **fields}
    sys.stdout.write(f"{orjson.dumps(line, default=str).decode()}\n")
    sys.stdout.flush()


def log_defect(event: str, error: BaseException) -> None:
    """Write one line about an error that should not exist, with where it came from."""
    log(
        event, error=f"{type(error).__name__}: {error}", traceback=traceback.format_exception(error)
    )
