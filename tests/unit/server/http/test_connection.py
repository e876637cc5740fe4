"""A connection answers in order, waits with limits, and ends without cutting an answer."""

import asyncio
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tidewheel_server.http.connection import Answer, ConnectionTimes, HttpConnection
from tidewheel_server.http.connections import ConnectionLimits, ConnectionTable
from tidewheel_server.http.message import HttpRequest, HttpResponse
from tidewheel_server.http.parser import MessageLimits

TIMES = ConnectionTimes(idle_seconds=75, head_seconds=10, receive_seconds=30, linger_seconds=5)


@dataclass
class FakeTransport:
    """Collects what is written and what was asked of the socket."""

    written: bytes = b""
    calls: list[str] = field(default_factory=list)
    is_encrypted: bool = False

    def write(self, data: bytes) -> None:
        self.written += data

    def can_write_eof(self) -> bool:
        return not self.is_encrypted

    def write_eof(self) -> None:
        self.calls.append("write_eof")

    def close(self) -> None:
        self.calls.append("close")

    def abort(self) -> None:
        self.calls.append("abort")

    def pause_reading(self) -> None:
        self.calls.append("pause_reading")

    def resume_reading(self) -> None:
        self.calls.append("resume_reading")

    def is_closing(self) -> bool:
        return "close" in self.calls


@dataclass
class FakeHandler:
    """Answers with the path; paths below /later are answered when the test says so."""

    loop: asyncio.AbstractEventLoop
    handled: list[str] = field(default_factory=list)
    waiting: dict[str, asyncio.Future[HttpResponse]] = field(default_factory=dict)
    rejections: list[int] = field(default_factory=list)

    def handle(self, request: HttpRequest) -> Answer:
        self.handled.append(request.path)
        if not request.path.startswith("/later"):
            return text(request.path)
        self.waiting[request.path] = self.loop.create_future()
        return self.waiting[request.path]

    def rejected(self, response: HttpResponse) -> None:
        self.rejections.append(response.status)

    def finish(self, path: str) -> None:
        self.waiting[path].set_result(text(path))
        self.loop.call_soon(self.loop.stop)
        self.loop.run_forever()


@dataclass
class Wire:
    """One connection with everything around it faked."""

    connection: HttpConnection
    transport: FakeTransport
    handler: FakeHandler
    connections: ConnectionTable
    clock: SimpleNamespace
    clock_loop: Any

    def open(self) -> FakeTransport:
        """Return the other end of another connection."""
        other = HttpConnection(
            self.handler, self.connections, MessageLimits(100), TIMES, self.clock_loop
        )
        transport = FakeTransport()
        other.connection_made(cast("Any", transport))
        return transport

    def send(self, data: bytes) -> bytes:
        """Return what is answered to these bytes."""
        self.transport.written = b""
        self.connection.data_received(data)
        return self.transport.written


def text(path: str) -> HttpResponse:
    return HttpResponse(200, path.encode(), b"text/plain")


def get(path: str, *headers: str, version: str = "1.1") -> bytes:
    return "\r\n".join((f"GET {path} HTTP/{version}", *headers, "", "")).encode()


def answer(path: str, *headers: str) -> bytes:
    lines = ("content-type: text/plain", f"content-length: {len(path)}", *headers)
    return ("\r\n".join(("HTTP/1.1 200 OK", *lines, "", "")) + path).encode()


@pytest.fixture
def wire() -> Iterator[Wire]:
    loop = asyncio.new_event_loop()
    clock = SimpleNamespace(now=1000.0)
    connections = ConnectionTable(ConnectionLimits(connections=2, held_bytes=150))
    handler = FakeHandler(loop)
    timed = cast("Any", SimpleNamespace(time=lambda: clock.now))
    connection = HttpConnection(handler, connections, MessageLimits(100), TIMES, timed)
    transport = FakeTransport()
    connection.connection_made(cast("Any", transport))
    yield Wire(connection, transport, handler, connections, clock, timed)
    loop.close()


def test_pipelined_requests_are_answered_in_order(wire: Wire) -> None:
    assert wire.send(get("/a") + get("/b") + get("/c")) == answer("/a") + answer("/b") + answer(
        "/c"
    )


def test_request_behind_a_slow_one_waits_for_its_turn(wire: Wire) -> None:
    assert wire.send(get("/later") + get("/b")) == b""
    assert wire.handler.handled == ["/later"]

    wire.handler.finish("/later")

    assert wire.transport.written == answer("/later") + answer("/b")


def test_nothing_is_read_while_an_answer_is_made(wire: Wire) -> None:
    wire.send(get("/later"))
    assert wire.transport.calls == ["pause_reading"]

    wire.handler.finish("/later")

    assert wire.transport.calls == ["pause_reading", "resume_reading"]


def test_nothing_is_answered_while_the_client_does_not_read(wire: Wire) -> None:
    wire.connection.pause_writing()
    assert wire.send(get("/a")) == b""

    wire.connection.resume_writing()

    assert wire.transport.written == answer("/a")
    assert wire.transport.calls == ["pause_reading", "resume_reading"]


@pytest.mark.parametrize(
    ("request_bytes", "expected", "calls"),
    [
        pytest.param(get("/a"), answer("/a"), [], id="version 1.1 stays open"),
        pytest.param(
            get("/a", "Connection: close"),
            answer("/a", "connection: close"),
            ["close"],
            id="close is granted",
        ),
        pytest.param(
            get("/a", version="1.0"),
            answer("/a", "connection: close"),
            ["close"],
            id="version 1.0 closes",
        ),
        pytest.param(
            get("/a", "Connection: keep-alive", version="1.0"),
            answer("/a", "connection: keep-alive"),
            [],
            id="version 1.0 is told that it stays open",
        ),
        pytest.param(
            b"HEAD /a HTTP/1.1\r\n\r\n", answer("/a").removesuffix(b"/a"), [], id="HEAD has no body"
        ),
    ],
)
def test_connection_stays_open_as_asked(
    wire: Wire, request_bytes: bytes, expected: bytes, calls: list[str]
) -> None:
    assert wire.send(request_bytes) == expected
    assert wire.transport.calls == calls


def test_continue_is_sent_before_the_body(wire: Wire) -> None:
    head = b"POST /a HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"

    assert wire.send(head) == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert wire.send(b"hi") == answer("/a")


def test_continue_never_overtakes_an_answer(wire: Wire) -> None:
    head = b"POST /b HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
    assert wire.send(get("/later") + head) == b""

    wire.handler.finish("/later")

    assert wire.transport.written == answer("/later") + b"HTTP/1.1 100 Continue\r\n\r\n"


def test_too_large_body_is_refused_and_the_rest_is_dropped(wire: Wire) -> None:
    body = b'{"error":"The body must have at most 100 bytes"}'

    refusal = wire.send(b"POST /a HTTP/1.1\r\nContent-Length: 101\r\n\r\n")

    status_line, _, rest = refusal.partition(b"\r\n")
    assert status_line.startswith(b"HTTP/1.1 413 ")  # Python 3.13 renamed the phrase
    assert rest == (
        b"content-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n\r\n%b"
        % (len(body), body)
    )
    assert wire.transport.calls == ["write_eof"]
    assert wire.send(b"x" * 101 + get("/b")) == b""
    assert wire.handler.rejections == [413]
    assert wire.connection.deadline == 1005


def test_refused_client_with_tls_is_closed_at_once(wire: Wire) -> None:
    wire.transport.is_encrypted = True

    assert wire.send(b"nonsense\r\n\r\n").startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert wire.transport.calls == ["close"]


def test_requests_before_a_malformed_one_are_answered(wire: Wire) -> None:
    answers = wire.send(get("/a") + b"nonsense\r\n\r\n")

    assert answers.startswith(answer("/a") + b"HTTP/1.1 400 Bad Request\r\n")
    assert wire.handler.rejections == [400]


def test_draining_closes_with_the_next_answer(wire: Wire) -> None:
    wire.connections.is_draining = True

    assert wire.send(get("/a")) == answer("/a", "connection: close")
    assert wire.transport.calls == ["close"]


def test_client_that_closed_its_half_gets_its_answer(wire: Wire) -> None:
    wire.send(get("/later"))
    assert wire.connection.eof_received() is True

    wire.handler.finish("/later")

    assert wire.transport.written == answer("/later", "connection: close")


def test_answer_to_a_client_that_has_gone_is_dropped(wire: Wire) -> None:
    wire.send(get("/later"))
    wire.connection.connection_lost(None)

    wire.handler.finish("/later")

    assert wire.transport.written == b""
    assert len(wire.connections) == 0


def test_new_and_idle_connections_may_wait_for_the_idle_time(wire: Wire) -> None:
    assert wire.connection.deadline == 1075
    wire.clock.now = 1010.0
    wire.send(get("/a"))
    assert wire.connection.deadline == 1085


def test_slow_message_has_one_deadline_however_often_it_trickles(wire: Wire) -> None:
    wire.send(b"GET ")
    wire.clock.now = 1005.0
    wire.send(b"/a HTTP/1.1\r\n")
    assert wire.connection.deadline == 1010


def test_body_has_one_deadline_of_its_own_however_often_it_trickles(wire: Wire) -> None:
    wire.send(b"POST /a HTTP/1.1\r\nContent-Length: 10\r\n\r\n")
    for now in (1001.0, 1020.0):
        wire.clock.now = now
        wire.send(b"x")
    assert wire.connection.deadline == 1030


def test_next_message_gets_time_of_its_own(wire: Wire) -> None:
    wire.send(b"GET ")
    wire.clock.now = 1005.0
    wire.send(b"/a HTTP/1.1\r\n\r\nGET")
    assert wire.connection.deadline == 1015


def test_waiting_for_our_own_answer_has_no_deadline(wire: Wire) -> None:
    wire.send(get("/later"))
    assert wire.connection.deadline == math.inf


def test_overdue_connections_are_closed(wire: Wire) -> None:
    wire.connections.close_overdue(1074.9)
    assert wire.transport.calls == []
    wire.connections.close_overdue(1075)
    assert wire.transport.calls == ["close"]


def test_client_that_is_too_slow_is_told(wire: Wire) -> None:
    wire.send(b"GET /a HTTP/1.1\r\n")

    wire.connections.close_overdue(1010)

    assert wire.transport.written.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
    assert wire.transport.written.endswith(b'{"error":"The request took too long to arrive"}')
    assert (wire.transport.calls, wire.handler.rejections) == (["write_eof"], [408])
    wire.connections.close_overdue(1005)
    assert wire.transport.calls == ["write_eof", "close"]


def test_connection_over_the_limit_is_refused(wire: Wire) -> None:
    wire.open()
    refused = wire.open()
    assert refused.written.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
    assert b"\r\nretry-after: 1\r\n" in refused.written
    assert refused.written.endswith(b'{"error":"The server has too many connections; try again"}')
    assert (refused.calls, wire.handler.rejections) == (["write_eof"], [503])


def test_connection_far_over_the_limit_is_cut_off(wire: Wire) -> None:
    assert [wire.open().calls for _ in range(4)] == [[], ["write_eof"], ["write_eof"], ["abort"]]


def test_bodies_of_all_connections_share_one_limit(wire: Wire) -> None:
    head = b"POST /a HTTP/1.1\r\nContent-Length: 100\r\n\r\n"
    other = HttpConnection(
        wire.handler, wire.connections, MessageLimits(100), TIMES, wire.clock_loop
    )
    transport = FakeTransport()
    other.connection_made(cast("Any", transport))

    assert wire.send(head + b"x" * 90) == b""
    other.data_received(head + b"x" * 61)

    assert transport.written.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
    assert transport.written.endswith(
        b'{"error":"Too many large requests arrive at once; try again"}'
    )
    assert wire.send(b"x" * 10) == answer("/a")


def test_body_that_was_answered_makes_room(wire: Wire) -> None:
    for _ in range(3):
        assert wire.send(b"POST /a HTTP/1.1\r\nContent-Length: 100\r\n\r\n" + b"x" * 90) == b""
        assert wire.send(b"x" * 10) == answer("/a")


def test_overdue_client_that_does_not_read_is_cut_off(wire: Wire) -> None:
    wire.connection.pause_writing()
    wire.connections.close_overdue(1030)
    assert wire.transport.calls == ["pause_reading", "abort"]


@pytest.mark.parametrize(
    ("data", "calls"),
    [
        pytest.param(b"", ["close"], id="idle"),
        pytest.param(b"GET /", [], id="reading"),
        pytest.param(get("/later"), ["pause_reading"], id="answering"),
    ],
)
def test_only_idle_connections_are_closed_when_draining_ends(
    wire: Wire, data: bytes, calls: list[str]
) -> None:
    wire.send(data)
    wire.connections.close_idle()
    assert wire.transport.calls == calls
