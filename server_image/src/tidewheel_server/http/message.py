"""HTTP requests and responses as values, and the bytes of a response; it knows no socket."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

import orjson

__all__ = [
    "CONTINUE",
    "JSON",
    "HttpRequest",
    "HttpResponse",
    "encode_response",
    "error_response",
    "header_line",
    "json_response",
    "shown",
]

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
JSON = b"application/json"

_SHOWN_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One complete request; `headers` holds only those that the server acts on, in lower case."""

    method: str
    path: str
    headers: Mapping[bytes, bytes]
    body: bytes


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """One response; `header_lines` are further headers, rendered once by `header_line`."""

    status: int
    body: bytes
    content_type: bytes = JSON
    header_lines: bytes = b""


def header_line(name: str, value: str) -> bytes:
    """Return one rendered header; ours never come from a client, so there is nothing to escape."""
    return f"{name}: {value}\r\n".encode("ascii")


def json_response(status: int, document: object, header_lines: bytes = b"") -> HttpResponse:
    """Return a response whose body is the document as JSON; numpy arrays become lists."""
    body = orjson.dumps(document, option=orjson.OPT_SERIALIZE_NUMPY)
    return HttpResponse(status, body, JSON, header_lines)


def error_response(status: int, message: str, header_lines: bytes = b"") -> HttpResponse:
    """Return the protocol's error body."""
    return json_response(status, {"error": message}, header_lines)


def shown(text: str) -> str:
    """Return text of a client as messages quote it: quoted, escaped and cut."""
    cut = text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}..."
    return repr(cut)


def encode_response(
    response: HttpResponse, *, keep_alive: bool, http_1_0: bool = False, with_body: bool = True
) -> bytes:
    """Return the bytes on the wire; HTTP/1.0 has to be told that the connection stays open."""
    if not keep_alive:
        connection = b"connection: close\r\n"
    elif http_1_0:
        connection = b"connection: keep-alive\r\n"
    else:
        connection = b""
    head = b"%bcontent-type: %b\r\ncontent-length: %d\r\n%b%b\r\n" % (
        _STATUS_LINES[response.status],
        response.content_type,
        len(response.body),
        response.header_lines,
        connection,
    )
    return head + response.body if with_body else head


_STATUS_LINES = {
    status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode("ascii")
    for status in HTTPStatus
}
