"""The API server under the measurements: real, on this machine, with our kinds and an audit log."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bench.client import Client, client_of
from tests.bench.usage import usage_of
from tests.integration.audit import AuditLog, audit_flags
from tests.integration.lab import install_kind, kubectl_of
from tests.integration.local_server import LocalServer

from tidewheel_contracts.api.kind import GROUP, VERSION
from tidewheel_contracts.api.v1alpha1 import KINDS
from tidewheel_dev import errors, toolchain, wait

__all__ = ["BenchServer", "running_server"]

_SERVED_SECONDS = 60
# Fake nodes come without the controller that would take the taint of new nodes away again.
_WITHOUT_PLUGINS = {"disable-admission-plugins": "ServiceAccount,TaintNodesByCondition"}


@dataclass(frozen=True, slots=True)
class BenchServer:
    """A running server and an administrator's access to it."""

    local: LocalServer
    client: Client

    @property
    def folder(self) -> Path:
        """Return where its files are, and those of the programs that use it."""
        return self.local.folder

    def cpu_seconds(self) -> float:
        """Return what API server and etcd have used."""
        return sum(usage_of(child.pid).cpu_seconds for child in self.local.children.values())

    def audit_from_now(self) -> AuditLog:
        """Return what the server answers from now on."""
        return AuditLog(self.folder)


@contextmanager
def running_server(folder: Path) -> Iterator[BenchServer]:
    """Start a server with empty data, and end it."""
    folder.mkdir(parents=True)
    flags = {**audit_flags(folder), **_WITHOUT_PLUGINS}
    local = LocalServer(folder, toolchain.ensure(), extra_flags=flags)
    try:
        local.start()
        for kind in KINDS:
            install_kind(local, kind.plural)
        names = [f"crd/{kind.plural}.tidewheel.dev" for kind in KINDS]
        kubectl_of(local)("wait", "--for=condition=Established", *names, check=True)
        server = BenchServer(local, client_of(local.port, folder / "pki"))
        for kind in KINDS:
            _wait_served(server.client, kind.plural)
        yield server
    finally:
        local.stop()


def _wait_served(client: Client, plural: str) -> None:
    """Wait until a kind's storage is ready: at its first request the server only begins that."""

    def missing() -> str | None:
        try:
            client.get(f"/apis/{GROUP}/{VERSION}/{plural}")
        except errors.DevError as error:
            return str(error)
        return None

    wait.until(f"{plural} to be served", missing, timeout_seconds=_SERVED_SECONDS)
