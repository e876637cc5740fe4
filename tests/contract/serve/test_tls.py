"""A real server proves itself over HTTP and gRPC, and takes a new certificate without a restart."""

import http.client
import shutil
import socket
import ssl
import subprocess
import sys
from pathlib import Path
from typing import Any

import grpc
import pytest
from tests.servers import certificates

from tidewheel_contracts.job import Failure, parse_termination_message
from tidewheel_server.grpc_protocol.schema import INFERENCE


def put(folder: Path, *, into: Path) -> str:
    """Write another certificate where the server looks, and return who signed it."""
    folder.mkdir()
    made = certificates.make(folder)
    shutil.copy(made.certificate, into / "tls.crt")
    shutil.copy(made.key, into / "tls.key")
    return made.authority


@pytest.fixture
def tls(tmp_path: Path) -> Path:
    folder = tmp_path / "tls"
    folder.mkdir()
    return folder


def flags_of(tls: Path) -> list[str]:
    return ["--tls-certificate", str(tls / "tls.crt"), "--tls-key", str(tls / "tls.key")]


def ready_over_http(port: int, authority: str) -> bytes:
    context = ssl.create_default_context(cadata=authority)
    connection = http.client.HTTPSConnection("localhost", port, timeout=60, context=context)
    connection.request("GET", "/v2/health/ready")
    answer = connection.getresponse().read()
    connection.close()
    return answer


def live_over_grpc(port: int, authority: str) -> bytes:
    credentials = grpc.ssl_channel_credentials(authority.encode())
    with grpc.secure_channel(f"localhost:{port}", credentials) as channel:
        answer: bytes = channel.unary_unary(f"/{INFERENCE}/ServerLive")(b"", timeout=60)
    return answer


def test_server_proves_itself_and_takes_a_new_certificate(
    start: Any, boosting: Any, tmp_path: Path, tls: Path
) -> None:
    first = put(tmp_path / "first", into=tls)
    server = start(boosting.request, "--grpc-port", "0", *flags_of(tls))
    grpc_port = server.wait_for("listening for gRPC")["port"]
    server.wait_for("ready")

    assert ready_over_http(server.port, first) == b'{"ready":true}'
    assert live_over_grpc(grpc_port, first) == b"\x08\x01"

    second = put(tmp_path / "second", into=tls)
    server.wait_for("certificate reloaded")

    assert ready_over_http(server.port, second) == b'{"ready":true}'
    assert live_over_grpc(grpc_port, second) == b"\x08\x01"
    with pytest.raises(ssl.SSLCertVerificationError):
        ready_over_http(server.port, first)


def test_broken_certificate_changes_nothing(
    start: Any, boosting: Any, tmp_path: Path, tls: Path
) -> None:
    authority = put(tmp_path / "made", into=tls)
    server = start(boosting.request, *flags_of(tls))
    server.wait_for("ready")

    (tls / "tls.crt").write_text("nonsense")
    assert "are no pair for TLS" in server.wait_for("certificate not reloaded")["error"]

    assert ready_over_http(server.port, authority) == b'{"ready":true}'


def test_client_without_tls_is_dropped_and_others_are_served(
    start: Any, boosting: Any, tmp_path: Path, tls: Path
) -> None:
    authority = put(tmp_path / "made", into=tls)
    server = start(boosting.request, *flags_of(tls))
    server.wait_for("ready")

    with socket.create_connection(("localhost", server.port), timeout=30) as client:
        client.sendall(b"GET /v2/health/ready HTTP/1.1\r\n\r\n")
        assert b"HTTP/1.1" not in client.recv(65536)
    assert ready_over_http(server.port, authority) == b'{"ready":true}'


def test_server_without_its_certificate_says_so_and_ends(boosting: Any, tls: Path) -> None:
    (tls / "request.json").write_text(boosting.request.to_json())
    done = subprocess.run(
        [
            *(sys.executable, "-m", "tidewheel_server", "--host", "127.0.0.1", "--port", "0"),
            *("--request", str(tls / "request.json")),
            *("--termination-log", str(tls / "message"), *flags_of(tls)),
        ],
        stdout=subprocess.DEVNULL,
        check=False,
        timeout=60,
    )

    failure = parse_termination_message((tls / "message").read_text())
    assert isinstance(failure, Failure)
    assert done.returncode != 0
    assert failure.message.startswith(f"The server cannot listen: {tls}/tls.crt and {tls}/tls.key")
