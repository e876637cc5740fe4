"""MariaDB on loopback, with TLS or without it, in a folder of its own."""

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pymysql
from tests.servers import certificates, unprivileged
from tests.servers.ports import free_ports

from tidewheel_dev import wait
from tidewheel_dev.data_servers import databases

__all__ = ["OWNER", "PASSWORD", "MariaDb", "running"]

_START_SECONDS = 60
OWNER, PASSWORD = "owner", "not-a-secret"


@dataclass
class MariaDb:
    """A server whose user 'owner' may do everything; it can be stopped and started again."""

    folder: Path
    tls: bool = True
    port: int = field(default_factory=lambda: free_ports(1)[0])
    authority: str = ""
    child: subprocess.Popen[bytes] | None = None

    def make(self) -> None:
        """Write the server's folder."""
        _, install = databases.mariadb()
        self.authority = certificates.make(self.folder).authority
        for name in ("data", "tmp"):
            (self.folder / name).mkdir()
        (self.folder / "first.sql").write_text(
            f"CREATE USER IF NOT EXISTS '{OWNER}'@'127.0.0.1' IDENTIFIED BY '{PASSWORD}';\n"
            f"GRANT ALL ON *.* TO '{OWNER}'@'127.0.0.1' WITH GRANT OPTION;\n"
            "CREATE DATABASE IF NOT EXISTS shop;\n",
            encoding="utf-8",
        )
        unprivileged.give(self.folder)
        flags = ["--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db"]
        folders = [f"--datadir={self.folder / 'data'}", f"--tmpdir={self.folder / 'tmp'}"]
        unprivileged.run([str(install), *flags, *folders], self.folder)

    def start(self) -> None:
        """Start it, and return when it answers."""
        program, _ = databases.mariadb()
        secured = [
            f"--ssl-cert={self.folder / 'server.crt'}",
            f"--ssl-key={self.folder / 'server.key'}",
        ]
        argv = [
            str(program),
            "--no-defaults",
            f"--datadir={self.folder / 'data'}",
            f"--tmpdir={self.folder / 'tmp'}",
            f"--socket={self.folder / 'tmp/s'}",
            f"--pid-file={self.folder / 'pid'}",
            f"--port={self.port}",
            "--bind-address=127.0.0.1",
            "--skip-name-resolve",
            "--innodb-flush-log-at-trx-commit=0",
            "--innodb-buffer-pool-size=16M",
            f"--init-file={self.folder / 'first.sql'}",
            *(secured if self.tls else ["--skip-ssl"]),
        ]
        self.child = unprivileged.start(argv, self.folder)
        wait.until("MariaDB", self._missing, timeout_seconds=_START_SECONDS)

    def stop(self) -> None:
        """End it; nothing happens when it has ended."""
        if self.child is not None:
            self.child.terminate()
            self.child.wait()
            self.child = None

    def execute(self, *statements: str) -> None:
        """Execute statements as the owner, each for itself."""
        with closing(self._connect()) as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    def rows(self, query: str) -> Sequence[tuple[object, ...]]:
        """Return the rows of a query."""
        with closing(self._connect()) as connection, connection.cursor() as cursor:
            cursor.execute(query)
            return list(cursor.fetchall())

    def _connect(self) -> "pymysql.connections.Connection[pymysql.cursors.Cursor]":
        return pymysql.connect(
            host="127.0.0.1",
            port=self.port,
            user=OWNER,
            password=PASSWORD,
            database="shop",
            autocommit=True,
            charset="utf8mb4",
        )

    def _missing(self) -> str | None:
        if self.child is not None and self.child.poll() is not None:
            raise AssertionError(f"MariaDB ended: {(self.folder / 'log').read_text()[-2000:]}")
        try:
            self.rows("SELECT 1")
        except pymysql.MySQLError as error:
            return str(error)
        return None


@contextmanager
def running(folder: Path, *, tls: bool = True) -> Iterator[MariaDb]:
    """Run a server in `folder`."""
    server = MariaDb(folder, tls)
    server.make()
    try:
        server.start()
        yield server
    finally:
        server.stop()
