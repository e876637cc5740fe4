"""A Kafka broker in KRaft mode, on loopback."""

import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.servers.stream_ports import free_port, listens, write_certificate

from tidewheel_dev import wait
from tidewheel_dev.data_servers import kafka

USER = "reader"
PASSWORD = "only-for-tests"
_START_SECONDS = 60
_JAVA = ("java", "-Xmx256m", "-Xms64m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
_CLUSTER_ID = "dGlkZXdoZWVsLXRlc3RzMQ"


@dataclass
class KafkaServer:
    """A broker with its files in one folder; it can be stopped and started again.

    It listens on `port` for everybody; on `login_port` for those who have the password, by SCRAM
    and PLAIN, and names itself `advertised` there; on `tls_port` with a certificate of `authority`;
    and on `stray_port`, where it names an address that is not its own.
    """

    folder: Path
    user: str = USER
    password: str = PASSWORD
    advertised: str | None = None
    port: int = field(default_factory=free_port)
    login_port: int = field(default_factory=free_port)
    tls_port: int = field(default_factory=free_port)
    stray_port: int = field(default_factory=free_port)
    controller_port: int = field(default_factory=free_port)
    child: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """Return host and port without a password."""
        return f"127.0.0.1:{self.port}"

    @property
    def login_address(self) -> str:
        """Return host and port with a password."""
        return f"127.0.0.1:{self.login_port}"

    @property
    def tls_address(self) -> str:
        """Return host and port where it encrypts."""
        return f"127.0.0.1:{self.tls_port}"

    @property
    def authority(self) -> str:
        """Return the certificate of the authority that its own is from."""
        return (self.folder / "ca.crt").read_text()

    @property
    def stray_address(self) -> str:
        """Return host and port of a listener that sends its clients to 169.254.169.254."""
        return f"127.0.0.1:{self.stray_port}"

    def start(self) -> None:
        """Start it on the same data and the same ports; return when it answers."""
        config = self.folder / "server.properties"
        if not config.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            write_certificate(self.folder)
            (self.folder / "tls.pem").write_bytes(
                (self.folder / "server.key").read_bytes()
                + (self.folder / "server.crt").read_bytes()
            )
            config.write_text("".join(f"{key}={value}\n" for key, value in self._settings()))
            users = [
                f"SCRAM-SHA-{bits}=[name={self.user},password={self.password}]"
                for bits in (256, 512)
            ]
            scram = [word for user in users for word in ("--add-scram", user)]
            ids = ["--cluster-id", _CLUSTER_ID, "--config", str(config)]
            subprocess.run(
                self._java("kafka.tools.StorageTool", "format", *ids, *scram),
                check=True,
                capture_output=True,
            )
        with (self.folder / "kafka.log").open("ab") as log:
            self.child = subprocess.Popen(
                self._java("kafka.Kafka", str(config)),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        wait.until("the Kafka broker", self._missing, timeout_seconds=_START_SECONDS)

    def stop(self) -> None:
        """End it as a power cut does; nothing happens when it has ended."""
        if self.child is not None:
            self.child.send_signal(signal.SIGKILL)
            self.child.wait()
            self.child = None

    def _missing(self) -> str | None:
        # The broker listens last on all ports but the controller's.
        return listens(self.child, self.port, self.folder / "kafka.log")

    def _java(self, program: str, *arguments: str) -> Sequence[str]:
        return [*_JAVA, "-cp", f"{kafka.ensure()}/*", program, *arguments]

    def _settings(self) -> Sequence[tuple[str, str]]:
        ports = {
            "PLAINTEXT": self.port,
            "LOGIN": self.login_port,
            "TLS": self.tls_port,
            "STRAY": self.stray_port,
        }
        own = {name: f"{name}://127.0.0.1:{port}" for name, port in ports.items()}
        named = {
            **own,
            "LOGIN": f"LOGIN://{self.advertised or self.login_address}",
            "STRAY": "STRAY://169.254.169.254:9092",
        }
        controller = f"127.0.0.1:{self.controller_port}"
        modules = "org.apache.kafka.common.security"
        login = f"{modules}.plain.PlainLoginModule required user_{self.user}='{self.password}';"
        return [
            ("process.roles", "broker,controller"),
            ("node.id", "1"),
            ("controller.quorum.voters", f"1@{controller}"),
            ("controller.listener.names", "CONTROLLER"),
            ("listeners", ",".join([*own.values(), f"CONTROLLER://{controller}"])),
            ("advertised.listeners", ",".join(named.values())),
            (
                "listener.security.protocol.map",
                "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,LOGIN:SASL_PLAINTEXT,TLS:SSL,"
                "STRAY:PLAINTEXT",
            ),
            ("listener.name.tls.ssl.keystore.type", "PEM"),
            ("listener.name.tls.ssl.keystore.location", str(self.folder / "tls.pem")),
            ("sasl.enabled.mechanisms", "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512"),
            ("listener.name.login.plain.sasl.jaas.config", login),
            *(
                (
                    f"listener.name.login.scram-sha-{bits}.sasl.jaas.config",
                    f"{modules}.scram.ScramLoginModule required;",
                )
                for bits in (256, 512)
            ),
            ("log.dirs", str(self.folder / "logs")),
            ("auto.create.topics.enable", "true"),
            ("num.partitions", "1"),
            ("offsets.topic.replication.factor", "1"),
            ("transaction.state.log.replication.factor", "1"),
            ("transaction.state.log.min.isr", "1"),
            ("transaction.state.log.num.partitions", "1"),
            ("log.cleaner.backoff.ms", "200"),
            ("log.cleaner.dedupe.buffer.size", "2097152"),
            ("log.retention.check.interval.ms", "500"),
            ("log.initial.task.delay.ms", "500"),
            ("group.initial.rebalance.delay.ms", "0"),
        ]
