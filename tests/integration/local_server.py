"""An API server of the tests' own: etcd and kube-apiserver on loopback, nothing else.

No controller and no kubelet, so that tests decide what becomes of Jobs and Deployments, and no
other operator, so that what is written was written by the process under test.
"""

import datetime as dt
import signal
import socket
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from tidewheel_dev import kubeconfig, pki, toolchain, wait

_ADDRESS = "127.0.0.1"
_START_SECONDS = 90
_CERTIFICATES = pki.identities(node_name="tests", node_ip=_ADDRESS, api_service_ip="10.96.0.1")


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((_ADDRESS, 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class LocalServer:
    """A server with its files in one folder; it can be killed and started again."""

    folder: Path
    tools: toolchain.Tools
    port: int = field(default_factory=free_port)
    etcd_port: int = field(default_factory=free_port)
    peer_port: int = field(default_factory=free_port)
    children: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    extra_flags: dict[str, str] = field(default_factory=dict)

    @property
    def kubeconfig(self) -> Path:
        """Return the administrator's kubeconfig."""
        return self.folder / "kubeconfig"

    def start(self) -> None:
        """Write what is needed and start both programs; return when the API is ready."""
        certificates = self.folder / "pki"
        if not certificates.exists():
            pki.write(certificates, pki.files(_CERTIFICATES, dt.datetime.now(dt.UTC)))
            self._write_kubeconfig(certificates)
            (self.folder / "etcd.yaml").write_text(yaml.safe_dump(self._etcd_config()))
        self._run("etcd", "--config-file", str(self.folder / "etcd.yaml"), "--unsafe-no-fsync")
        self.start_api_server()

    def start_api_server(self) -> None:
        """Start the API server on the same data and the same port."""
        flags = self._api_server_flags(self.folder / "pki")
        self._run("apiserver", *(f"--{flag}={value}" for flag, value in flags.items()))
        wait.until("the API server", self._missing, timeout_seconds=_START_SECONDS)

    def start_controllers(self, *names: str) -> None:
        """Start some of Kubernetes' own controllers, for tests that do not play them."""
        flags = {
            "kubeconfig": str(self.kubeconfig),
            "controllers": ",".join(names),
            "leader-elect": "false",
            "bind-address": _ADDRESS,
            "secure-port": str(free_port()),
        }
        self._run("controller-manager", *(f"--{flag}={value}" for flag, value in flags.items()))

    def stop_api_server(self) -> None:
        """Kill the API server as a power cut does."""
        self._end("apiserver", signal.SIGKILL)

    def stop(self) -> None:
        """End everything."""
        for name in list(self.children):
            self._end(name, signal.SIGKILL)

    def _run(self, name: str, *arguments: str) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self.children[name] = subprocess.Popen(
                [str(self.tools.kubernetes), name, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
            )

    def _end(self, name: str, number: signal.Signals) -> None:
        child = self.children.pop(name)
        child.send_signal(number)
        child.wait()

    def _missing(self) -> str | None:
        for name, child in self.children.items():
            if child.poll() is not None:
                log = (self.folder / f"{name}.log").read_text(errors="replace")
                return f"{name} has ended: {log[-2000:]}"
        done = subprocess.run(
            [self.tools.kubectl, f"--kubeconfig={self.kubeconfig}", "get", "--raw", "/readyz"],
            capture_output=True,
            text=True,
            check=False,
        )
        return None if done.returncode == 0 else done.stderr.strip()

    def _etcd_config(self) -> dict[str, str]:
        client, peer = (f"http://{_ADDRESS}:{port}" for port in (self.etcd_port, self.peer_port))
        return {
            "name": "tests",
            "data-dir": str(self.folder / "etcd"),
            "listen-client-urls": client,
            "advertise-client-urls": client,
            "listen-peer-urls": peer,
            "initial-advertise-peer-urls": peer,
            "initial-cluster": f"tests={peer}",
            "log-level": "error",
        }

    def _api_server_flags(self, certificates: Path) -> dict[str, str]:
        return {
            "bind-address": _ADDRESS,
            "advertise-address": _ADDRESS,
            "secure-port": str(self.port),
            "etcd-servers": f"http://{_ADDRESS}:{self.etcd_port}",
            "service-cluster-ip-range": "10.96.0.0/16",
            "authorization-mode": "RBAC",
            # Tests make pods themselves; there is nobody who would make their account first.
            "disable-admission-plugins": "ServiceAccount",
            # The endpoints of `kubernetes` must not be on loopback, and nobody reads them.
            "endpoint-reconciler-type": "none",
            "client-ca-file": str(certificates / "ca.crt"),
            "tls-cert-file": str(certificates / "apiserver.crt"),
            "tls-private-key-file": str(certificates / "apiserver.key"),
            "service-account-issuer": "https://kubernetes.default.svc",
            "service-account-key-file": str(certificates / "service-account.pub"),
            "service-account-signing-key-file": str(certificates / "service-account.key"),
            **self.extra_flags,
        }

    def _write_kubeconfig(self, certificates: Path) -> None:
        content = kubeconfig.kubeconfig(
            cluster="tests",
            server=f"https://{_ADDRESS}:{self.port}",
            ca=(certificates / "ca.crt").read_bytes(),
            certificate=(certificates / "admin.crt").read_bytes(),
            key=(certificates / "admin.key").read_bytes(),
        )
        self.kubeconfig.write_text(yaml.safe_dump(content))
