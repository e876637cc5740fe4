"""One HTTP/1.1 connection: answers its requests one after the other; it knows no route.

Bytes become events in `RequestParser`; here they are answered in order. An answer may come later,
from a worker thread; until then no further bytes are read, so what one client can queue is bounded.
"""

import asyncio
import math
from collections import deque
from dataclasses import dataclass
from functools import partial
from typing import Protocol, cast

from tidewheel_server.http.connections import ConnectionTable
from tidewheel_server.http.message import (
    CONTINUE,
    HttpRequest,
    HttpResponse,
    encode_response,
    error_response,
    header_line,
)
from tidewheel_server.http.parser import (
    ContinueExpected,
    Event,
    IncomingRequest,
    MessageLimits,
    RequestParser,
)

__all__ = ["Answer", "ConnectionTimes", "HttpConnection", "RequestHandler"]

Answer = HttpResponse | asyncio.Future[HttpResponse]


class RequestHandler(Protocol):
    """Whoever answers requests, at once or later; a later answer never fails."""

    def handle(self, request: HttpRequest) -> Answer:
        """Return the answer to a complete request."""

    def rejected(self, response: HttpResponse) -> None:
        """Take note that the connection itself refused what it read."""


@dataclass(frozen=True, slots=True)
class ConnectionTimes:
    """How long a connection may wait for its client."""

    idle_seconds: float = 75.0  # between requests; longer than common load balancers wait
    head_seconds: float = 10.0  # from the first byte of a message to the end of its headers
    receive_seconds: float = 30.0  # for the body then, or for an answer to be read
    linger_seconds: float = 5.0  # for the client to notice that it was refused


class HttpConnection(asyncio.Protocol):
    """The protocol of one accepted socket."""

    def __init__(
        self,
        handler: RequestHandler,
        connections: ConnectionTable,
        limits: MessageLimits,
        times: ConnectionTimes,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self._handler = handler
        self._connections = connections
        self._times = times
        self._loop = loop
        self._parser = RequestParser(limits)
        self._events: deque[Event] = deque()
        self._transport: asyncio.Transport | None = None
        self._is_answering = False
        self._is_write_paused = False
        self._is_ending = False
        self._client_is_done = False
        self._waited_for = ""
        self._held_bytes = 0
        self.deadline = math.inf

    @property
    def is_idle(self) -> bool:
        """Tell whether no request is being read or answered."""
        return not (self._is_answering or self._events or self._parser.is_reading)

    def close(self) -> None:
        """Close after what is written has been sent, unless the client does not read it."""
        if self._transport is None:
            return
        if self._is_write_paused:
            self._transport.abort()
        else:
            self._transport.close()

    def end_overdue(self) -> None:
        """Close because the deadline has passed; a client inside a request is told."""
        if self._parser.is_reading and not (self._is_ending or self._is_write_paused):
            self._refuse(_TOO_SLOW)
        else:
            self.close()

    # Callbacks of asyncio.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports have the methods of asyncio.Transport, but not the class.
        self._transport = cast("asyncio.Transport", transport)
        is_full, is_overrun = self._connections.is_full, self._connections.is_overrun
        self._connections.add(self)
        if is_overrun:
            self._transport.abort()
        elif is_full:
            self._refuse(_TOO_MANY)
        else:
            self._wait_for_client()

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._events.clear()
        self._hold(0)
        self._connections.discard(self)

    def data_received(self, data: bytes) -> None:
        if self._is_ending:
            return  # refused: the client is still sending, and is read only to let it notice
        self._events.extend(self._parser.feed(data))
        self._answer_events()
        if self._is_answering or self._is_ending or self._events:
            return  # what is unfinished is counted when it is its turn
        if not self._hold(self._parser.unfinished_bytes):
            self._refuse(_TOO_MUCH)

    def eof_received(self) -> bool:
        self._client_is_done = True
        return self._is_answering  # a client may close its half and still wait for the answer

    def pause_writing(self) -> None:
        self._is_write_paused = True
        self._set_reading()
        self.deadline = self._loop.time() + self._times.receive_seconds

    def resume_writing(self) -> None:
        self._is_write_paused = False
        self._set_reading()
        self._answer_events()

    # Answers.

    def _answer_events(self) -> None:
        while self._events and self._transport and not (self._is_answering or self._is_ending):
            if self._is_write_paused:
                return
            event = self._events.popleft()
            if isinstance(event, IncomingRequest):
                self._answer(event)
            elif isinstance(event, ContinueExpected):
                self._transport.write(CONTINUE)
            else:
                self._refuse(event.response)
        if not (self._is_answering or self._is_ending or self._is_write_paused):
            self._wait_for_client()

    def _answer(self, event: IncomingRequest) -> None:
        answer = self._handler.handle(event.request)
        if isinstance(answer, HttpResponse):
            self._hold(0)
            self._write(answer, event)
            return
        self._is_answering = True
        self._hold(len(event.request.body))
        self.deadline = math.inf  # the client waits for us, not we for the client
        self._set_reading()
        answer.add_done_callback(partial(self._answer_later, event))

    def _answer_later(self, event: IncomingRequest, answer: asyncio.Future[HttpResponse]) -> None:
        self._is_answering = False
        self._hold(0)
        if self._transport is None:
            return  # the client has gone
        self._write(answer.result(), event)
        self._set_reading()
        self._answer_events()

    def _write(self, response: HttpResponse, event: IncomingRequest) -> None:
        assert self._transport is not None  # noqa: S101 - callers have checked
        self._waited_for = ""  # what is being read now is another message, with its own time
        keep_alive = not (
            self._connections.is_draining
            or not event.keep_alive
            or (self._client_is_done and not self._events)
        )
        self._transport.write(
            encode_response(
                response,
                keep_alive=keep_alive,
                http_1_0=event.http_1_0,
                with_body=event.request.method != "HEAD",
            )
        )
        if not keep_alive:
            self._is_ending = True
            self._events.clear()
            self._transport.close()

    def _refuse(self, response: HttpResponse) -> None:
        """Answer what is being sent without reading it.

        Closing while the client still sends would reset the connection, and the client would never
        read why: so our half is closed, and the rest is read and dropped for a while.
        """
        assert self._transport is not None  # noqa: S101 - callers have checked
        self._handler.rejected(response)
        self._is_ending = True
        self._events.clear()
        self._hold(0)
        self._transport.write(encode_response(response, keep_alive=False))
        if self._transport.can_write_eof():
            self._transport.write_eof()
            self.deadline = self._loop.time() + self._times.linger_seconds
        else:
            self._transport.close()  # TLS has no half of a connection to close

    # Waiting.

    def _wait_for_client(self) -> None:
        """Give the client time: once for the head of a message, once for its body, then anew."""
        waits_for = self._parser.part
        if not waits_for:
            self.deadline = self._loop.time() + self._times.idle_seconds
        elif waits_for != self._waited_for:
            seconds = (
                self._times.head_seconds if waits_for == "head" else self._times.receive_seconds
            )
            self.deadline = self._loop.time() + seconds
        self._waited_for = waits_for

    def _hold(self, count_bytes: int) -> bool:
        """Say how much of this connection's bodies is in memory; tell whether that may be."""
        if count_bytes == self._held_bytes:
            return True
        more, self._held_bytes = count_bytes - self._held_bytes, count_bytes
        return self._connections.hold(more)

    def _set_reading(self) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        if self._is_answering or self._is_write_paused:
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()


_RETRY_SOON = header_line("retry-after", "1")
_TOO_SLOW = error_response(408, "The request took too long to arrive")
_TOO_MANY = error_response(503, "The server has too many connections; try again", _RETRY_SOON)
_TOO_MUCH = error_response(503, "Too many large requests arrive at once; try again", _RETRY_SOON)
