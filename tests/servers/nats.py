"""A NATS server with JetStream, on loopback."""

import json
import signal
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from tests.servers.stream_ports import free_port, listens, write_certificate

from tidewheel_dev import wait
from tidewheel_dev.data_servers import nats

_START_SECONDS = 20


@dataclass
class NatsServer:
    """A server with its files in one folder; it can be stopped and started again."""

    folder: Path
    user: str | None = None
    password: str | None = None
    encrypts: bool = False
    port: int = field(default_factory=free_port)
    child: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """Return host and port."""
        return f"127.0.0.1:{self.port}"

    @property
    def authority(self) -> str:
        """Return the certificate of the authority that its own is from."""
        return (self.folder / "ca.crt").read_text()

    def start(self) -> None:
        """Start it on the same data and the same port; return when it answers."""
        self.folder.mkdir(parents=True, exist_ok=True)
        settings = {
            "listen": self.address,
            "jetstream": {"store_dir": str(self.folder / "data"), "max_file_store": 1 << 30},
        }
        if self.user is not None:
            settings["authorization"] = {"user": self.user, "password": self.password}
        if self.encrypts:
            write_certificate(self.folder)
            settings["tls"] = {
                "cert_file": str(self.folder / "server.crt"),
                "key_file": str(self.folder / "server.key"),
            }
        config = self.folder / "nats.conf"
        config.write_text(json.dumps(settings))
        with (self.folder / "nats.log").open("ab") as log:
            self.child = subprocess.Popen(
                [str(nats.ensure()), "--config", str(config)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        wait.until("the NATS server", self._missing, timeout_seconds=_START_SECONDS)

    def stop(self) -> None:
        """End it; nothing happens when it has ended."""
        if self.child is not None:
            self.child.send_signal(signal.SIGTERM)
            self.child.wait()
            self.child = None

    def _missing(self) -> str | None:
        return listens(self.child, self.port, self.folder / "nats.log")
