"""Slow, half-open, lying and very many clients: each is told or dropped, and others are served."""

import contextlib
import json
import resource
import socket
from collections.abc import Iterator
from typing import Any

import pytest

INFER = "/v2/models/flights/infer"
MANY = 2000
TOO_SLOW = b'{"error":"The request took too long to arrive"}'


@pytest.fixture(scope="module")
def hasty(start: Any, boosting: Any) -> Any:
    """Return a server that waits for a second, and for a second only."""
    server = start(
        boosting.request,
        *("--head-seconds", "1", "--receive-seconds", "1", "--idle-seconds", "30"),
        *("--connection-limit", str(MANY + 10), "--body-limit-bytes", str(1024 * 1024)),
    )
    server.wait_for("ready")
    return server


@pytest.fixture
def many_files() -> Iterator[None]:
    """Let the test open as many sockets as it may."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (before[1], before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def connected(server: Any) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=30)


def everything(client: socket.socket) -> bytes:
    """Return what the server sends until it closes."""
    received = b""
    with contextlib.suppress(ConnectionResetError):
        while data := client.recv(65536):
            received += data
    return received


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def post(body: bytes, *headers: str, length: object = None) -> bytes:
    length = len(body) if length is None else length
    lines = (f"POST {INFER} HTTP/1.1", "Host: a", f"Content-Length: {length}", *headers, "", "")
    return "\r\n".join(lines).encode() + body


def test_slow_clients_are_told_while_others_are_served(
    hasty: Any, boosting: Any, request_of: Any
) -> None:
    slow = [connected(hasty) for _ in range(200)]
    for index, client in enumerate(slow):
        client.sendall(post(b"x" * 10, length=1000) if index % 2 else b"GET / HTTP/1.1\r\nA: ")
    row = request_of(boosting.table.slice(0, 1))

    assert hasty.ask("POST", INFER, row)[0] == 200
    answers = [everything(client) for client in slow]

    assert [status_of(answer) for answer in answers] == [408] * 200
    assert all(answer.endswith(TOO_SLOW) for answer in answers)
    for client in slow:
        client.close()


def test_client_that_trickles_is_not_waited_for(hasty: Any) -> None:
    with connected(hasty) as client:
        client.settimeout(0.1)
        answer = b""
        client.sendall(b"GET / HTTP/1.1\r\n")
        while not answer:
            client.sendall(b"a: b\r\n")
            with contextlib.suppress(TimeoutError):
                answer = client.recv(65536)

    assert status_of(answer) == 408


def test_client_that_closed_its_half_is_answered(
    hasty: Any, boosting: Any, request_of: Any
) -> None:
    with connected(hasty) as client:
        client.sendall(post(json.dumps(request_of(boosting.table)).encode()))
        client.shutdown(socket.SHUT_WR)
        assert status_of(everything(client)) == 200


@pytest.mark.parametrize("sent", [b"", b"GET /v2", post(b"{", length=100)])
def test_client_that_ends_early_is_dropped(hasty: Any, sent: bytes) -> None:
    with connected(hasty) as client:
        client.sendall(sent)
        client.shutdown(socket.SHUT_WR)
        assert everything(client) == b""


def test_many_connections_are_served_each(
    hasty: Any, boosting: Any, request_of: Any, many_files: None
) -> None:
    body = json.dumps(request_of(boosting.table.slice(0, 1))).encode()
    clients = [connected(hasty) for _ in range(MANY)]

    for client in clients:
        client.sendall(post(body))
    answers = [client.recv(65536) for client in clients]

    assert {status_of(answer) for answer in answers} == {200}
    assert len(set(answers)) == 1
    for client in clients:
        client.close()


def test_connections_over_the_limit_are_refused(start: Any, boosting: Any) -> None:
    server = start(boosting.request, "--connection-limit", "5")
    server.wait_for("ready")
    clients = [connected(server) for _ in range(5)]
    with connected(server) as one_more:
        refusal = one_more.recv(65536)
    clients[0].sendall(b"GET /v2/health/ready HTTP/1.1\r\n\r\n")

    assert (status_of(refusal), b"\r\nretry-after: 1\r\n" in refusal) == (503, True)
    assert status_of(clients[0].recv(65536)) == 200
    for client in clients:
        client.close()


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        pytest.param(post(b"{}", length=-1), 400, id="negative length"),
        pytest.param(post(b"{}", length="2x"), 400, id="length that is no number"),
        pytest.param(post(b"{}", length=10**30), 400, id="length beyond 64 bits"),
        pytest.param(post(b"{}", length=10**15), 413, id="length beyond the limit"),
        pytest.param(post(b"{}", "Content-Length: 3"), 400, id="two lengths"),
        pytest.param(post(b"{}", "Transfer-Encoding: chunked"), 400, id="length and chunks"),
        pytest.param(post(b"{}", "Transfer-Encoding: cow, chunked"), 400, id="unknown coding"),
        pytest.param(post(b"{}", "a" * 20000 + ": b"), 431, id="too long header"),
        pytest.param(post(b"{}", *["a: b"] * 5000), 431, id="too many headers"),
        pytest.param(post(b"{}", "bad header: x"), 400, id="space in a header name"),
        pytest.param(b"\x16\x03\x01\x02\x00\x01", 400, id="TLS"),
        pytest.param(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, id="HTTP/2"),
        pytest.param(post(b"{}nonsense\r\n\r\n", length=2), 400, id="more than the length"),
        pytest.param(post(b"{}", length=3), 408, id="less than the length"),
        pytest.param(
            post(b"", "Expect: 100-continue", length=2 * 1024 * 1024),
            413,
            id="no continue for what is too large",
        ),
        pytest.param(
            post(b"{}", "Inference-Header-Content-Length: 3", "Connection: close"),
            400,
            id="header longer than the body",
        ),
        pytest.param(
            post(b"{}", "Content-Encoding: gzip", "Connection: close"), 400, id="not compressed"
        ),
    ],
)
def test_lying_client_is_refused_with_a_reason(hasty: Any, sent: bytes, status: int) -> None:
    with connected(hasty) as client:
        client.sendall(sent)
        answers = everything(client)

    head, _, body = answers[answers.rfind(b"HTTP/1.1 4") :].partition(b"\r\n\r\n")
    assert (status_of(head), list(json.loads(body))) == (status, ["error"])
    assert hasty.ask("GET", "/v2/health/ready") == (200, {"ready": True})
