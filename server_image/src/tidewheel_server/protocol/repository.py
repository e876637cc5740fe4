"""The repository index: the one model that the server has, and its state; pure."""

from typing import Any

import orjson

from tidewheel_server.http.message import HttpResponse, error_response, json_response
from tidewheel_server.model_state import (
    Draining,
    Identity,
    Loading,
    ModelState,
    Ready,
    unready_reason,
)

__all__ = ["repository_index"]


def repository_index(identity: Identity, state: ModelState, body: bytes) -> HttpResponse:
    """Return the index; `{"ready": true}` in the body asks for ready models only."""
    wanted = _only_ready(body)
    if wanted is None:
        message = 'The body must be empty or an object such as {"ready": true}'
        return error_response(400, message)
    if wanted and not isinstance(state, Ready):
        return json_response(200, [])
    entry: dict[str, Any] = {
        "name": identity.model_name,
        "version": identity.version,
        "state": _state_name(state),
        "reason": unready_reason(state) or "",
    }
    return json_response(200, [entry])


def _only_ready(body: bytes) -> bool | None:
    if not body:
        return False
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    wanted = document.get("ready", False) if isinstance(document, dict) else None
    return wanted if isinstance(wanted, bool) else None


def _state_name(state: ModelState) -> str:
    """Return Triton's word for a state."""
    if isinstance(state, Ready):
        return "READY"
    if isinstance(state, Loading):
        return "LOADING"
    return "UNLOADING" if isinstance(state, Draining) else "UNAVAILABLE"
