"""FerretDB on loopback: a server of MongoDB's protocol that keeps its data in SQLite files."""

import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from tests.servers.ports import free_ports

from tidewheel_dev import pki, wait
from tidewheel_dev.data_servers import ferretdb

__all__ = ["FerretDb", "running"]

_START_SECONDS = 30


@dataclass
class FerretDb:
    """A server that asks for a password; it can be stopped and started again on the same port."""

    folder: Path
    user: str
    password: str
    # One for plain connections and one for TLS, whose certificate names `localhost` only.
    ports: list[int] = field(default_factory=lambda: free_ports(2))
    child: subprocess.Popen[bytes] | None = None

    @property
    def port(self) -> int:
        """Return the port for connections without TLS."""
        return self.ports[0]

    @property
    def address(self) -> str:
        """Return host and port."""
        return f"127.0.0.1:{self.port}"

    @property
    def authority(self) -> str:
        """Return the certificate of who signed the server's."""
        return (self.folder / "ca.crt").read_text()

    def start(self) -> None:
        """Start it, and return when it listens."""
        data = self.folder / "data"
        data.mkdir(parents=True, exist_ok=True)
        self._write_certificates()
        argv = [
            str(ferretdb.ensure()),
            f"--listen-addr={self.address}",
            f"--listen-tls=127.0.0.1:{self.ports[1]}",
            f"--listen-tls-cert-file={self.folder}/server.crt",
            f"--listen-tls-key-file={self.folder}/server.key",
            "--debug-addr=-",
            "--telemetry=disable",
            "--handler=sqlite",
            f"--sqlite-url=file:{data}/",
            f"--state-dir={self.folder}",
            "--log-level=warn",
            "--test-enable-new-auth",
            f"--setup-username={self.user}",
            f"--setup-password={self.password}",
            "--setup-database=admin",
        ]
        with (self.folder / "log").open("ab") as log:
            self.child = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait.until("FerretDB", self._missing, timeout_seconds=_START_SECONDS)

    def stop(self) -> None:
        """End it; nothing happens when it has ended."""
        if self.child is not None:
            self.child.terminate()
            self.child.wait()
            self.child = None

    def _write_certificates(self) -> None:
        server = {"server": pki.Identity("localhost", dns_names=("localhost",))}
        if not (self.folder / "server.crt").exists():
            for name, content in pki.files(server, datetime.now(UTC)).items():
                (self.folder / name).write_bytes(content)

    def _missing(self) -> str | None:
        if self.child is not None and self.child.poll() is not None:
            raise AssertionError(f"FerretDB ended: {(self.folder / 'log').read_text()[-2000:]}")
        try:
            for port in self.ports:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError as error:
            return str(error)
        return None


@contextmanager
def running(folder: Path, user: str, password: str) -> Iterator[FerretDb]:
    """Run a server without databases in `folder`."""
    server = FerretDb(folder, user, password)
    try:
        server.start()
        yield server
    finally:
        server.stop()
