"""The real Kueue as a process beside the tests' own API server, with its webhooks on loopback."""

import base64
import datetime as dt
import subprocess
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from tests.integration.local_server import LocalServer, free_port

from tidewheel_dev import kueue, pki, wait

Object = dict[str, Any]

_ADDRESS = "127.0.0.1"
_START_SECONDS = 180
# Kueue itself, and Jobs; its webhooks of other kinds have nothing to do here.
_GROUPS = frozenset({"kueue.x-k8s.io", "batch"})
# What runs in pods there.
_LEFT_OUT = frozenset({"APIService", "ConfigMap", "Deployment", "Secret", "Service"})
# Kueue looks for a certificate in one fixed place of /etc: here it has a /etc of its own.
_SCRIPT = """set -e
mount --types overlay overlay --options lowerdir=/etc,upperdir="$1"/etc,workdir="$1"/work /etc
exec "$2" --config="$1"/config.yaml --kubeconfig="$3" --feature-gates=VisibilityOnDemand=false
"""


@dataclass
class KueueServer:
    """Kueue with its files in one folder; only root may start it."""

    folder: Path
    server: LocalServer
    webhook_port: int = field(default_factory=free_port)
    health_port: int = field(default_factory=free_port)
    child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Install Kueue's kinds, start it, and let the API server ask its webhooks."""
        files = pki.files({"kueue": _IDENTITY}, dt.datetime.now(dt.UTC))
        for place in (self.folder / "certificates", self.folder / "etc/kueue/metrics/certs"):
            place.mkdir(parents=True)
            (place / "tls.crt").write_bytes(files["kueue.crt"])
            (place / "tls.key").write_bytes(files["kueue.key"])
        (self.folder / "work").mkdir()
        items = self._manifests(base64.b64encode(files["ca.crt"]).decode())
        webhooks = [item for item in items if item["kind"].endswith("WebhookConfiguration")]
        self._apply("kinds.yaml", [item for item in items if item not in webhooks])
        self._kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=60s")
        (self.folder / "config.yaml").write_text(yaml.safe_dump(self._configuration()))
        self._run()
        wait.until("Kueue", self._missing, timeout_seconds=_START_SECONDS, interval_seconds=0.5)
        self._apply("webhooks.yaml", webhooks)

    def stop(self) -> None:
        """End Kueue; its webhooks stay, so the API server must end with it."""
        if self.child is not None:
            self.child.kill()
            self.child.wait()

    def _run(self) -> None:
        words = ["unshare", "--mount", "sh", "-c", _SCRIPT, "sh"]
        arguments = [str(self.folder), str(kueue.ensure()), str(self.server.kubeconfig)]
        with (self.folder / "kueue.log").open("wb") as log:
            self.child = subprocess.Popen([*words, *arguments], stdout=log, stderr=log)

    def _missing(self) -> str | None:
        if self.child is None or self.child.poll() is not None:
            return f"it has ended: {(self.folder / 'kueue.log').read_text()[-2000:]}"
        try:
            with urllib.request.urlopen(f"http://{_ADDRESS}:{self.health_port}/readyz", timeout=5):
                return None
        except OSError as error:
            return str(error)

    def _manifests(self, authority: str) -> list[Object]:
        """Return upstream's manifests with the webhooks where this process serves them."""

        def moved(client: Object) -> Object:
            url = f"https://{_ADDRESS}:{self.webhook_port}{client['service']['path']}"
            return {"url": url, "caBundle": authority}

        found = kueue.manifests(self.server.tools.kubectl)
        kept = [item for item in found if item["kind"] not in _LEFT_OUT]
        for item in kept:
            hooks = [hook for hook in item.get("webhooks", ()) if _groups_of(hook) <= _GROUPS]
            for hook in hooks:
                hook["clientConfig"] = moved(hook["clientConfig"])
            if "webhooks" in item:
                item["webhooks"] = hooks
            conversion = item.get("spec", {}).get("conversion", {}).get("webhook")
            if conversion is not None:
                conversion["clientConfig"] = moved(conversion["clientConfig"])
        return kept

    def _configuration(self) -> Object:
        certificates = str(self.folder / "certificates")
        return {
            "apiVersion": "config.kueue.x-k8s.io/v1beta2",
            "kind": "Configuration",
            "namespace": "kueue-system",
            "health": {"healthProbeBindAddress": f"{_ADDRESS}:{self.health_port}"},
            "metrics": {"bindAddress": "0"},
            "webhook": {"host": _ADDRESS, "port": self.webhook_port, "certDir": certificates},
            "leaderElection": {"leaderElect": False},
            "internalCertManagement": {"enable": False},
            "integrations": {"frameworks": ["batch/job"]},
        }

    def _apply(self, name: str, items: list[Object]) -> None:
        file = self.folder / name
        file.write_text(yaml.safe_dump_all(items))
        self._kubectl("apply", "--server-side", "--force-conflicts", f"--filename={file}")

    def _kubectl(self, *arguments: str) -> None:
        words = [self.server.tools.kubectl, f"--kubeconfig={self.server.kubeconfig}", *arguments]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


_IDENTITY = pki.Identity("kueue", dns_names=("localhost",), addresses=(_ADDRESS,))


def _groups_of(webhook: Object) -> set[str]:
    return {group for rule in webhook["rules"] for group in rule["apiGroups"]}
