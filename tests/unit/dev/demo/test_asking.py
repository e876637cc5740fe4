"""The client that keeps asking: against a small real server, it counts answers and failures."""

import http.server
import json
import threading
from collections.abc import Iterator

import pytest

from tidewheel_dev.demo.asking import Asked, Client, Span, asking, spans
from tidewheel_dev.demo.endpoint import Endpoint


class Model(http.server.BaseHTTPRequestHandler):
    """Answers as version 1 three times, refuses once, and goes on as version 2."""

    protocol_version = "HTTP/1.1"
    answered = 0

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        Model.answered += 1
        if Model.answered == 4:
            self._reply(503, {"error": "busy"})
            return
        version = "1" if Model.answered < 4 else "2"
        output = {"name": "probability", "data": [0.9, 0.1]}
        self._reply(200, {"model_version": version, "outputs": [output]})

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _reply(self, status: int, document: dict[str, object]) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    Model.answered = 0
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Model)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield Endpoint(f"http://127.0.0.1:{server.server_port}", (), ("0", "1"))
    server.shutdown()
    thread.join()
    server.server_close()


def test_every_request_is_counted_with_its_version_or_its_failure(endpoint: Endpoint) -> None:
    enough = threading.Event()
    with asking(endpoint, b"{}") as client:
        while client.sent < 6:
            enough.wait(0.01)
    assert [each.version for each in client.asked[:6]] == [1, 1, 1, None, 2, 2]
    [failed] = client.failures
    assert failed.mode == "open connection"
    assert failed.failure == 'DevError: the model answered 503: {"error": "busy"}'
    assert client.versions_now() == {"new connection": 2, "open connection": 2}


def test_a_server_that_is_gone_is_a_failure() -> None:
    # Port 9 of this machine discards everything, or more likely refuses it.
    with asking(Endpoint("http://127.0.0.1:9", (), ("0", "1")), b"{}") as client:
        while client.sent < 2:
            threading.Event().wait(0.01)
    assert client.failures == client.asked
    assert client.failures[0].failure.startswith("ConnectionRefusedError")


def test_spans_say_which_version_answered_when() -> None:
    asked = [
        Asked("new connection", 0.0, 1),
        Asked("open connection", 0.1, 1),
        Asked("new connection", 1.0, 2),
        Asked("open connection", 1.1, 1),
        Asked("new connection", 2.0, None, "reset"),
        Asked("new connection", 3.0, 2),
    ]
    assert spans(asked) == [
        Span("new connection", 1, 1, 0.0, 0.0),
        Span("new connection", 2, 2, 1.0, 3.0),
        Span("open connection", 1, 2, 0.1, 1.1),
    ]
    assert Client(asked).versions_now() == {"new connection": 2, "open connection": 1}
