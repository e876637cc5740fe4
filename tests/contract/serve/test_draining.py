"""A server that is told to end fails nobody: neither who keeps asking nor who was asking."""

import http.client
import json
import os
import signal
import socket
import threading
from dataclasses import dataclass, field
from typing import Any

INFER = "/v2/models/flights/infer"
ANSWERS_WHILE_DRAINING = 20


@dataclass
class KeenClient:
    """Keeps asking on one connection as long as it may, else on a new one, until it is stopped."""

    port: int
    body: str
    failures: list[str] = field(default_factory=list)
    answers: int = 0
    last_connection_header: str | None = None
    progress: threading.Condition = field(default_factory=threading.Condition)
    stopped: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        while not self.stopped.is_set():
            try:
                connection.request("POST", INFER, self.body)
                answer = connection.getresponse()
                answer.read()
            except (OSError, http.client.HTTPException) as error:
                self.failures.append(repr(error))
                connection.close()
            else:
                if answer.status != http.client.OK:
                    self.failures.append(str(answer.status))
                self.last_connection_header = answer.headers["connection"]
            with self.progress:
                self.answers += 1
                self.progress.notify_all()
        connection.close()

    def wait_for_more(self, count: int) -> None:
        """Return when that many more requests have been answered or have failed."""
        with self.progress:
            goal = self.answers + count
            assert self.progress.wait_for(lambda: self.answers >= goal, timeout=60)


def test_client_that_keeps_asking_meets_no_failure(
    start: Any, boosting: Any, request_of: Any
) -> None:
    server = start(boosting.request, "--drain-seconds", "5")
    server.wait_for("ready")
    client = KeenClient(server.port, json.dumps(request_of(boosting.table.slice(0, 1))))
    thread = threading.Thread(target=client.run)
    thread.start()
    client.wait_for_more(10)
    assert client.last_connection_header is None

    os.kill(server.process.pid, signal.SIGTERM)
    server.wait_for("draining")
    assert server.ask("GET", "/v2/health/ready") == (
        503,
        {"ready": False, "error": "The server is shutting down"},
    )
    client.wait_for_more(ANSWERS_WHILE_DRAINING)
    client.stopped.set()  # by now its endpoint has moved
    thread.join(timeout=60)

    assert client.failures == []
    assert client.last_connection_header == "close"
    assert server.process.wait(timeout=60) == 0


def test_request_that_was_being_sent_is_answered_and_idle_connections_are_closed(
    start: Any, boosting: Any, request_of: Any
) -> None:
    server = start(boosting.request, "--drain-seconds", "0")
    server.wait_for("ready")
    body = json.dumps(request_of(boosting.table)).encode()
    address = ("127.0.0.1", server.port)
    with (
        socket.create_connection(address, 60) as idle,
        socket.create_connection(address, 60) as client,
    ):
        head = b"POST %b HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n"
        client.sendall(head % (INFER.encode(), len(body)) + body[:-1])
        # Answered after the bytes above were read, because the event loop reads in order.
        assert server.ask("GET", "/v2/health/ready")[0] == 200

        os.kill(server.process.pid, signal.SIGTERM)
        server.wait_for("draining")
        assert idle.recv(1) == b""
        client.sendall(body[-1:])
        answer = http.client.HTTPResponse(client)
        answer.begin()
        document = json.loads(answer.read())

    assert answer.headers["connection"] == "close"
    assert document["outputs"] == boosting.expected_outputs(boosting.table)
    assert server.process.wait(timeout=60) == 0
