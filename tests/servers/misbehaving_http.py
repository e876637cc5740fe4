"""An HTTP server that answers from a script, and in all the ways that servers misbehave."""

import gzip
import http.server
import ipaddress
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

_CHUNK_BYTES = 10_000


@dataclass(frozen=True)
class Request:
    """What the server was asked."""

    path: str
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Reply:
    """One answer, or one way not to answer."""

    body: bytes | str = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    # Declared instead of the body's own length.
    length: int | None = None
    # Bytes after which the connection is reset.
    reset_after: int | None = None
    # Set by the test when the answer may come.
    held_until: threading.Event | None = None
    is_gzip: bool = False
    # Sent in chunks without a length; a broken end is a last chunk that is missing.
    is_chunked: bool = False
    has_broken_end: bool = False

    @property
    def wire(self) -> bytes:
        data = self.body.encode() if isinstance(self.body, str) else self.body
        return gzip.compress(data) if self.is_gzip else data


Script = Callable[[Request], Reply]


@dataclass
class Server:
    """A server on a loopback port; `script` may be replaced at any time."""

    port: int
    scheme: str
    script: Script = lambda _: Reply(status=404)
    requests: list[Request] = field(default_factory=list)

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        return f"{self.scheme}://{host}:{self.port}{path}"

    def answers(self, *replies: Reply) -> None:
        """Give the replies one after the other; the last one from then on."""
        left = list(replies)
        self.script = lambda _: left.pop(0) if len(left) > 1 else left[0]

    def has(self, pages: Mapping[str, Reply]) -> None:
        """Give each path (with its query) its reply, and 404 otherwise."""
        self.script = lambda request: pages.get(request.path, Reply("no such page", 404))


@contextmanager
def misbehaving_http(certificate: Path | None = None) -> Iterator[Server]:
    """Start a server on a free port; a file with a certificate and its key makes it HTTPS."""
    listening = _Listener(("127.0.0.1", 0), _Handler)
    server = Server(listening.server_address[1], "https" if certificate else "http")
    listening.script_of = server  # type: ignore[attr-defined]
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        listening.socket = context.wrap_socket(
            listening.socket, server_side=True, do_handshake_on_connect=False
        )
    thread = threading.Thread(target=listening.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        listening.shutdown()
        listening.server_close()
        thread.join()


class _Listener(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Write nothing of connections that end early, as many of these do."""


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        server: Server = self.server.script_of  # type: ignore[attr-defined]
        request = Request(self.path, dict(self.headers))
        server.requests.append(request)
        reply = server.script(request)
        if reply.held_until is not None:
            reply.held_until.wait()
        wire = reply.wire
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.is_gzip:
            self.send_header("Content-Encoding", "gzip")
        if reply.is_chunked:
            self.send_header("Transfer-Encoding", "chunked")
        elif reply.status not in (204, 304):
            self.send_header("Content-Length", str(reply.length or len(wire)))
        self.end_headers()
        if reply.reset_after is not None:
            self.wfile.write(wire[: reply.reset_after])
            self.wfile.flush()
            # Closed with a linger of zero a connection is reset, not ended.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            self.connection.close()
            return
        if reply.is_chunked:
            self._write_chunks(reply, wire)
            return
        self.wfile.write(wire)
        if reply.length is not None:
            self.close_connection = True

    def _write_chunks(self, reply: Reply, wire: bytes) -> None:
        for start in range(0, len(wire), _CHUNK_BYTES):
            chunk = wire[start : start + _CHUNK_BYTES]
            self.wfile.write(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n")
        if reply.has_broken_end:
            self.close_connection = True
        else:
            self.wfile.write(b"0\r\n\r\n")

    def finish(self) -> None:
        try:
            super().finish()
        except (OSError, ValueError):
            # The connection was reset on purpose, or the client is gone.
            return

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
        """Write nothing."""


def certificate_for(names: Sequence[str], file: Path) -> Path:
    """Write a certificate that signs itself, and its key, for host names and addresses."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "tidewheel test")])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([_name(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    file.write_bytes(
        built.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return file


def _name(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)
