"""The statistics of the model in the words of Triton's extension; pure.

Source: Triton's `docs/protocol/extension_statistics.md`. Decoding and encoding are not timed one
by one, so there are no `compute_...` durations; `/metrics` has those of the queue and the model.
"""

from dataclasses import dataclass
from typing import Any

from tidewheel_server.http.message import HttpResponse, json_response
from tidewheel_server.model_state import Identity

__all__ = ["InferenceCounts", "statistics"]


@dataclass(frozen=True, slots=True)
class InferenceCounts:
    """What was counted since the start of the server; durations are sums over all requests."""

    successes: int
    success_seconds: float
    failures: int
    failure_seconds: float
    rows: int
    last_unix_seconds: float


def statistics(identity: Identity, counts: InferenceCounts) -> HttpResponse:
    """Return the answer; the server never caches answers, so that there are no cache counts."""
    return json_response(
        200,
        {
            "model_stats": [
                {
                    "name": identity.model_name,
                    "version": identity.version,
                    "last_inference": round(counts.last_unix_seconds * 1000),
                    "inference_count": counts.rows,
                    "execution_count": counts.successes,
                    "inference_stats": {
                        "success": _duration(counts.successes, counts.success_seconds),
                        "fail": _duration(counts.failures, counts.failure_seconds),
                    },
                    "batch_stats": [],
                }
            ]
        },
        identity.header_lines,
    )


def _duration(count: int, seconds: float) -> dict[str, Any]:
    return {"count": count, "ns": round(seconds * 1e9)}
