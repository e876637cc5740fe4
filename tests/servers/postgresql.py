"""PostgreSQL on loopback, with TLS or without it, in a folder of its own."""

import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from adbc_driver_postgresql import dbapi
from tests.servers import certificates, unprivileged
from tests.servers.ports import free_ports

from tidewheel_dev import wait
from tidewheel_dev.data_servers import databases

__all__ = ["PASSWORD", "PostgreSql", "running"]

_START_SECONDS = 60
OWNER, PASSWORD = "owner", "not-a-secret"


@dataclass
class PostgreSql:
    """A server whose user 'owner' may do everything; it can be stopped and started again."""

    folder: Path
    tls: bool = True
    port: int = field(default_factory=lambda: free_ports(1)[0])
    authority: str = ""
    child: subprocess.Popen[bytes] | None = None

    def make(self) -> None:
        """Write the server's folder."""
        programs = databases.postgresql()
        (self.folder / "password").write_text(PASSWORD, encoding="utf-8")
        self.authority = certificates.make(self.folder).authority
        unprivileged.give(self.folder)
        flags = ["--username", OWNER, "--pwfile", str(self.folder / "password")]
        more = ["--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C.UTF-8"]
        data = ["--pgdata", str(self.folder / "data"), "--no-sync"]
        unprivileged.run([str(programs / "initdb"), *flags, *more, *data], self.folder)

    def start(self) -> None:
        """Start it, and return when it answers."""
        settings = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "fsync": "off",
            "shared_buffers": "16MB",
            "ssl": "on" if self.tls else "off",
            "ssl_cert_file": self.folder / "server.crt",
            "ssl_key_file": self.folder / "server.key",
        }
        flags = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        program = str(databases.postgresql() / "postgres")
        argv = [program, "-D", str(self.folder / "data"), *flags]
        self.child = unprivileged.start(argv, self.folder)
        wait.until("PostgreSQL", self._missing, timeout_seconds=_START_SECONDS)

    def stop(self) -> None:
        """End it at once; nothing happens when it has ended."""
        if self.child is not None:
            self.child.send_signal(signal.SIGINT)
            self.child.wait()
            self.child = None

    def execute(self, *statements: str, database: str = "postgres") -> None:
        """Execute statements as the owner, each for itself."""
        with dbapi.connect(self._uri(database), autocommit=True) as connection:
            for statement in statements:
                with connection.cursor() as cursor:
                    cursor.execute(statement)

    def rows(self, query: str) -> Sequence[tuple[object, ...]]:
        """Return the rows of a query."""
        with dbapi.connect(self._uri()) as connection, connection.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchall()

    def _uri(self, database: str = "postgres") -> str:
        return f"postgresql://{OWNER}:{PASSWORD}@127.0.0.1:{self.port}/{database}"

    def _missing(self) -> str | None:
        if self.child is not None and self.child.poll() is not None:
            raise AssertionError(f"PostgreSQL ended: {(self.folder / 'log').read_text()[-2000:]}")
        try:
            self.rows("SELECT 1")
        except dbapi.Error as error:
            return str(error)
        return None


@contextmanager
def running(folder: Path, *, tls: bool = True) -> Iterator[PostgreSql]:
    """Run a server in `folder`."""
    server = PostgreSql(folder, tls)
    server.make()
    try:
        server.start()
        yield server
    finally:
        server.stop()
