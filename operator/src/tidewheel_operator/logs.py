"""Structured logs: one JSON object a line, of printable ASCII only and without secrets."""

import json
import logging
import sys
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

from tidewheel_operator.redaction import redacted

__all__ = ["about", "set_up_logs"]

_LOG = logging.getLogger(__name__)
_NAMES = ("namespace", "name", "uid")


def about(kind: str, metadata: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Return what a log call takes as `extra` to say which object it is about."""
    return {"object": {"kind": kind, **{field: metadata.get(field, "") for field in _NAMES}}}


class _JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": redacted(_message_of(record)),
        }
        reference = _object_of(record)
        if reference:
            entry["object"] = reference
        if record.exc_info:
            entry["traceback"] = redacted(self.formatException(record.exc_info))
        if record.stack_info:
            entry["stack"] = redacted(record.stack_info)
        # ASCII: escapes what moves a terminal's cursor, breaks lines or turns their direction.
        return json.dumps(entry, ensure_ascii=True)


def set_up_logs() -> None:
    """Send all logs to standard output; kopf's chatter only from warnings on.

    Warnings and errors that nobody caught become log records too.
    """
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(_JsonFormatter())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.getLogger("kopf").setLevel(logging.WARNING)
    logging.getLogger("aiohttp.access").setLevel(logging.WARNING)
    logging.captureWarnings(True)
    sys.excepthook = _log_uncaught
    threading.excepthook = _log_uncaught_in_thread


def _message_of(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError, KeyError):
        # Placeholders that do not fit their values: logging itself would print all, unredacted.
        return f"{record.msg} {record.args}"


def _object_of(record: logging.LogRecord) -> dict[str, str]:
    # Kopf puts its own reference on the records about an object.
    reference = getattr(record, "object", None) or getattr(record, "k8s_ref", None)
    if not isinstance(reference, dict):
        return {}
    fields = (field for field in ("kind", *_NAMES) if reference.get(field))
    return {field: redacted(str(reference[field])) for field in fields}


def _log_uncaught(
    kind: type[BaseException], error: BaseException, traceback: TracebackType | None
) -> None:
    _LOG.critical("the process ends: %s", error, exc_info=(kind, error, traceback))


def _log_uncaught_in_thread(failure: threading.ExceptHookArgs) -> None:
    thread = failure.thread.name if failure.thread else "of no name"
    error = failure.exc_value or failure.exc_type()
    cause = (failure.exc_type, error, failure.exc_traceback)
    _LOG.critical("thread %s has ended: %s", thread, error, exc_info=cause)
