"""The answers of an API server that refuses, as a real one writes them. Pure."""

import json
from http import HTTPStatus
from typing import Any

__all__ = ["REASONS", "error_line", "status_body"]

# Reasons of `metav1.Status`, by code (apimachinery, pkg/apis/meta/v1/types.go).
REASONS = {
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    409: "Conflict",
    410: "Expired",
    422: "Invalid",
    429: "TooManyRequests",
    500: "InternalError",
    503: "ServiceUnavailable",
    504: "Timeout",
}


def status_body(code: int) -> dict[str, Any]:
    """Return the object that comes with a refusal."""
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": f"the fault proxy says: {HTTPStatus(code).phrase}",
        "reason": REASONS[code],
        "code": code,
    }


def error_line(code: int) -> bytes:
    """Return the line of a watch that tells an error."""
    return json.dumps({"type": "ERROR", "object": status_body(code)}).encode() + b"\n"
