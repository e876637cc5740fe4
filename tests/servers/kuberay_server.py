"""The real KubeRay as a process beside the tests' own API server, for one namespace."""

import subprocess
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

from tests.integration.local_server import LocalServer, free_port

from tidewheel_dev import kuberay, wait

_ADDRESS = "127.0.0.1"
_START_SECONDS = 60


@dataclass
class KubeRayServer:
    """KubeRay with its log in one folder."""

    folder: Path
    server: LocalServer
    namespace: str
    health_port: int = field(default_factory=free_port)
    child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Install KubeRay's kinds and start it."""
        kinds = f"--filename={kuberay.kinds()}"
        self._kubectl("apply", "--server-side", "--force-conflicts", kinds)
        self._kubectl("wait", "--for=condition=Established", kinds, "--timeout=60s")
        words = [
            *(str(kuberay.ensure()), f"--kubeconfig={self.server.kubeconfig}"),
            *(f"--watch-namespace={self.namespace}", "--enable-leader-election=false"),
            *(f"--health-probe-bind-address={_ADDRESS}:{self.health_port}", "--metrics-addr=0"),
        ]
        with (self.folder / "kuberay.log").open("wb") as log:
            self.child = subprocess.Popen(words, stdout=log, stderr=log)
        wait.until("KubeRay", self._missing, timeout_seconds=_START_SECONDS, interval_seconds=0.5)

    def stop(self) -> None:
        """End KubeRay; its kinds stay."""
        if self.child is not None:
            self.child.kill()
            self.child.wait()

    def remove(self) -> None:
        """End KubeRay and remove its kinds, whose objects nobody holds any more by a finalizer."""
        self.stop()
        name = "rayjobs.ray.io"
        listed = self._kubectl("-n", self.namespace, "get", name, "-o", "name")
        for item in listed.split():
            change = '{"metadata":{"finalizers":null}}'
            self._kubectl("-n", self.namespace, "patch", item, "--type=merge", "-p", change)
        self._kubectl("delete", "--ignore-not-found", f"--filename={kuberay.kinds()}")

    def _missing(self) -> str | None:
        if self.child is None or self.child.poll() is not None:
            return f"it has ended: {(self.folder / 'kuberay.log').read_text()[-2000:]}"
        try:
            with urllib.request.urlopen(f"http://{_ADDRESS}:{self.health_port}/readyz", timeout=5):
                return None
        except OSError as error:
            return str(error)

    def _kubectl(self, *arguments: str) -> str:
        words = [self.server.tools.kubectl, f"--kubeconfig={self.server.kubeconfig}", *arguments]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout
