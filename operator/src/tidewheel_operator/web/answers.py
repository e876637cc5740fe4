"""What the endpoints of the alert port have in common: who may post, and how errors are worded."""

import logging

from aiohttp import web
from pydantic import ValidationError

from tidewheel_operator.web.alert_tokens import AlertTokens, TokenFileError

__all__ = ["error_answer", "problems", "refusal"]

_LOG = logging.getLogger(__name__)


def refusal(tokens: AlertTokens, header: str, namespace: str) -> web.Response | None:
    """Return why a request with this Authorization header is refused; nothing if it may pass."""
    try:
        reachable = tokens.namespaces_of(header)
    except TokenFileError as error:
        _LOG.error("request refused: %s", error)
        return error_answer(503, "the operator cannot read its alert tokens; see its log")
    if reachable is None:
        return error_answer(401, "a known bearer token is needed")
    if namespace not in reachable:
        return error_answer(403, f"this token does not reach namespace '{namespace}'")
    return None


def error_answer(status: int, message: str) -> web.Response:
    """Return an answer that says what is wrong."""
    return web.json_response({"error": message}, status=status)


def problems(error: ValidationError) -> str:
    """Return what is wrong with a body, field by field."""
    return "; ".join(
        f"{'.'.join(str(part) for part in problem['loc']) or 'body'}: {problem['msg']}"
        for problem in error.errors(include_url=False, include_input=False)[:10]
    )
