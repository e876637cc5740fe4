"""Bytes of a connection become the same events, however the network cuts them."""

import pytest

from tidewheel_server.http.message import HttpRequest
from tidewheel_server.http.parser import (
    ContinueExpected,
    Event,
    IncomingRequest,
    MessageLimits,
    Rejected,
    RequestParser,
)

GET = b"GET /v2?x=1 HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST /infer HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = (
    b"POST /infer HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"
)
LIMITS = MessageLimits(body_bytes=10, head_bytes=200)


def incoming(method: str, path: str, body: bytes = b"", **headers: bytes) -> IncomingRequest:
    named = {name.replace("_", "-").encode(): value for name, value in headers.items()}
    return IncomingRequest(HttpRequest(method, path, named, body), keep_alive=True, http_1_0=False)


READ_GET = incoming("GET", "/v2")
READ_POST = incoming("POST", "/infer", b"hello", content_length=b"5")
READ_CHUNKED = incoming("POST", "/infer", b"hello")


def events_of(data: bytes, piece_bytes: int, limits: MessageLimits = LIMITS) -> list[Event]:
    parser = RequestParser(limits)
    events: list[Event] = []
    for start in range(0, len(data), piece_bytes):
        events += parser.feed(data[start : start + piece_bytes])
        if events and isinstance(events[-1], Rejected):
            break
    return events


@pytest.mark.parametrize("piece_bytes", [1, 2, 3, 7, 64, 100_000])
@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(GET, [READ_GET], id="get without its query"),
        pytest.param(POST, [READ_POST], id="body of a stated length"),
        pytest.param(CHUNKED, [READ_CHUNKED], id="body in chunks"),
        pytest.param(
            POST + GET + CHUNKED + POST,
            [READ_POST, READ_GET, READ_CHUNKED, READ_POST],
            id="pipelined requests in order",
        ),
        pytest.param(
            b"POST /infer HTTP/1.1\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\nhi",
            [
                ContinueExpected(),
                incoming("POST", "/infer", b"hi", expect=b"100-Continue", content_length=b"2"),
            ],
            id="continue is expected before the body",
        ),
        pytest.param(
            b"GET /v2 HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n" + GET,
            [READ_GET, READ_GET],
            id="upgrade is ignored",
        ),
        pytest.param(
            b"GET /v2 HTTP/1.0\r\n\r\n",
            [IncomingRequest(READ_GET.request, keep_alive=False, http_1_0=True)],
            id="version 1.0 closes",
        ),
    ],
)
def test_events_do_not_depend_on_the_pieces(
    data: bytes, piece_bytes: int, expected: list[Event]
) -> None:
    assert events_of(data, piece_bytes) == expected


@pytest.mark.parametrize("piece_bytes", [1, 3, 100_000])
@pytest.mark.parametrize(
    ("data", "status", "message"),
    [
        pytest.param(
            b"POST / HTTP/1.1\r\nContent-Length: 11\r\n\r\n",
            413,
            b'{"error":"The body must have at most 10 bytes"}',
            id="stated length over the limit, before the body",
        ),
        pytest.param(
            b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n12345678\r\n3\r\n123\r\n",
            413,
            b'{"error":"The body must have at most 10 bytes"}',
            id="chunks over the limit",
        ),
        pytest.param(
            b"GET /" + b"a" * 300 + b" HTTP/1.1\r\n\r\n",
            431,
            b'{"error":"The request line and headers are too long"}',
            id="endless path",
        ),
        pytest.param(
            b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 100,
            431,
            b'{"error":"The request line and headers are too long"}',
            id="endless headers",
        ),
        pytest.param(
            b"hello\r\n\r\n",
            400,
            b'{"error":"The bytes are not an HTTP/1.1 request: Invalid method encountered"}',
            id="not HTTP",
        ),
    ],
)
def test_message_is_rejected(data: bytes, piece_bytes: int, status: int, message: bytes) -> None:
    rejected = events_of(data, piece_bytes)[-1]

    assert isinstance(rejected, Rejected)
    assert (rejected.response.status, rejected.response.body) == (status, message)


def test_endless_header_value_is_rejected_before_it_is_complete() -> None:
    parser = RequestParser(LIMITS)
    parser.feed(b"GET / HTTP/1.1\r\nname: ")

    events = [event for _ in range(30) for event in parser.feed(b"a" * 10)]

    assert isinstance(events[0], Rejected)
    assert events[0].response.status == 431


def test_length_and_chunks_together_are_rejected() -> None:
    data = b"POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"

    assert isinstance(events_of(data, 1000)[-1], Rejected)


def test_parser_tells_whether_a_message_has_begun() -> None:
    parser = RequestParser(LIMITS)
    told = [parser.is_reading]
    for piece in (POST[:1], POST[1:-1], POST[-1:]):
        parser.feed(piece)
        told.append(parser.is_reading)

    assert told == [False, True, True, False]
