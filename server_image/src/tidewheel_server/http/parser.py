"""Bytes of one connection in, complete requests out, within limits; it knows no socket.

The events keep the order of the wire, so whoever answers them one by one answers as HTTP asks.
"""

from dataclasses import dataclass

import httptools

from tidewheel_server.http.message import HttpRequest, HttpResponse, error_response

__all__ = [
    "ContinueExpected",
    "Event",
    "IncomingRequest",
    "MessageLimits",
    "Rejected",
    "RequestParser",
]

# The headers that the server acts on; all others are counted and dropped.
_KEPT_HEADERS = frozenset(
    (
        b"accept-encoding",
        b"content-encoding",
        b"content-length",
        b"expect",
        b"inference-header-content-length",
    )
)


@dataclass(frozen=True, slots=True)
class MessageLimits:
    """How much of one message is read into memory."""

    body_bytes: int
    head_bytes: int = 16 * 1024


@dataclass(frozen=True, slots=True)
class IncomingRequest:
    """A complete request and what its sender expects of the connection."""

    request: HttpRequest
    keep_alive: bool
    http_1_0: bool


@dataclass(frozen=True, slots=True)
class ContinueExpected:
    """The sender waits for `100 Continue` before it sends the body."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """The rest of the connection cannot or shall not be read; the response ends it."""

    response: HttpResponse


Event = IncomingRequest | ContinueExpected | Rejected


class RequestParser:
    """Turns chunks of bytes into events; after `Rejected` it must not be fed again."""

    def __init__(self, limits: MessageLimits) -> None:
        self._limits = limits
        self._parser = httptools.HttpRequestParser(self)
        self._events: list[Event] = []
        self._rejection: HttpResponse | None = None
        self._reading_head = False
        self._reading = False
        self._start_message()

    @property
    def is_reading(self) -> bool:
        """Tell whether a message has begun and is not complete."""
        return self._reading

    @property
    def part(self) -> str:
        """Return which part of a message is being read: `head`, `body` or none."""
        if not self._reading:
            return ""
        return "head" if self._reading_head else "body"

    @property
    def unfinished_bytes(self) -> int:
        """Return how much there is of a body that is not complete."""
        return self._body_bytes if self._reading else 0

    def feed(self, data: bytes) -> list[Event]:
        """Return what these bytes complete."""
        self._events = []
        head_continues = self._reading_head
        try:
            self._parse(data)
            if head_continues and self._reading_head:
                # Header fragments collect inside httptools before it reports them.
                self._count_head(len(data))
        except httptools.HttpParserError as error:
            self._events.append(Rejected(self._rejection or _malformed(error)))
        except _LimitPassedError:
            self._events.append(Rejected(self._rejection or _HEAD_TOO_LARGE))
        return self._events

    def _parse(self, data: bytes) -> None:
        """Feed the parser; a request to upgrade is answered as the plain request it also is."""
        while data:
            try:
                self._parser.feed_data(data)
            except httptools.HttpParserUpgrade as upgrade:
                data = data[upgrade.args[0] :]
            else:
                return

    # Callbacks of httptools.

    def on_message_begin(self) -> None:
        self._start_message()
        self._reading = self._reading_head = True

    def on_url(self, url: bytes) -> None:
        self._count_head(len(url))
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count_head(len(name) + len(value) + 4)
        name = name.lower()
        if name in _KEPT_HEADERS:
            given = self._headers.get(name)
            # A header that comes twice is a list in two pieces.
            self._headers[name] = value if given is None else b"%b, %b" % (given, value)

    def on_headers_complete(self) -> None:
        self._reading_head = False
        length = self._headers.get(b"content-length")
        if length is not None and int(length) > self._limits.body_bytes:
            self._reject(_body_too_large(self._limits.body_bytes))
        if self._headers.get(b"expect", b"").lower() == b"100-continue":
            self._events.append(ContinueExpected())

    def on_body(self, body: bytes) -> None:
        self._body_bytes += len(body)
        if self._body_bytes > self._limits.body_bytes:
            self._reject(_body_too_large(self._limits.body_bytes))
        self._body.append(body)

    def on_message_complete(self) -> None:
        self._reading = False
        request = HttpRequest(
            method=self._parser.get_method().decode("ascii"),
            path=self._url.partition(b"?")[0].decode("latin-1"),
            headers=self._headers,
            body=self._body[0] if len(self._body) == 1 else b"".join(self._body),
        )
        self._events.append(
            IncomingRequest(
                request,
                keep_alive=self._parser.should_keep_alive(),
                http_1_0=self._parser.get_http_version() == "1.0",
            )
        )

    def _start_message(self) -> None:
        self._url = b""
        self._headers: dict[bytes, bytes] = {}
        self._body: list[bytes] = []
        self._body_bytes = 0
        self._head_bytes = 0

    def _count_head(self, count: int) -> None:
        self._head_bytes += count
        if self._head_bytes > self._limits.head_bytes:
            self._reject(_HEAD_TOO_LARGE)

    def _reject(self, response: HttpResponse) -> None:
        """Stop the parser from within a callback; httptools reports it as a parser error."""
        self._rejection = response
        raise _LimitPassedError


class _LimitPassedError(Exception):
    """A limit was passed; `_rejection` holds the answer."""


def _malformed(error: Exception) -> HttpResponse:
    return error_response(400, f"The bytes are not an HTTP/1.1 request: {error}")


def _body_too_large(limit_bytes: int) -> HttpResponse:
    return error_response(413, f"The body must have at most {limit_bytes} bytes")


_HEAD_TOO_LARGE = error_response(431, "The request line and headers are too long")
