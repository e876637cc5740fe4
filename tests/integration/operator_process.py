"""The operator as a child process: its ports, its answers, its log, its end."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.integration.local_server import free_port

from tidewheel_dev import paths, wait

_SOURCES = ("contracts/src", "operator/src")
_READY_SECONDS = 60


@dataclass
class OperatorProcess:
    """One process; `start` again after an end starts its successor on the same ports."""

    kubeconfig: Path
    folder: Path
    namespace: str
    environment: dict[str, str] = field(default_factory=dict)
    name: str = "operator-0"
    http_port: int = field(default_factory=free_port)
    alert_port: int = field(default_factory=free_port)
    report_port: int = field(default_factory=free_port)
    child: subprocess.Popen[bytes] | None = None
    started: float = 0.0

    def start(self) -> None:
        """Start the process and return at once."""
        self.started = time.monotonic()
        with self._log_file.open("ab") as log:
            self.child = subprocess.Popen(
                [sys.executable, "-m", "tidewheel_operator"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env={**os.environ, **self._environment()},
            )

    def start_ready(self) -> None:
        """Start the process and wait until it works."""
        self.start()
        self.wait_ready()

    def wait_ready(self) -> None:
        """Wait until the process works."""

        def missing() -> str | None:
            status, body = self.get("/readyz")
            return None if status == 200 else f"{body}; log: {self.log()[-1500:]}"

        wait.until("the operator", missing, timeout_seconds=_READY_SECONDS)

    def kill(self) -> None:
        """End the process as the kernel does, without a word."""
        assert self.child is not None
        self.child.kill()
        self.child.wait()

    def terminate(self) -> int:
        """Ask the process to end; return its exit code.

        Half of the time that a pod has to end; kopf takes five seconds of it when it is told so
        while it begins.
        """
        assert self.child is not None
        self.child.send_signal(signal.SIGTERM)
        return self.child.wait(timeout=15)

    def stop(self) -> None:
        """Leave nothing behind."""
        if self.child is not None and self.child.poll() is None:
            self.kill()

    def get(self, path: str) -> tuple[int, str]:
        """Return status and body of an answer; status 0 when nobody answers."""
        return _answer(urllib.request.Request(f"http://127.0.0.1:{self.http_port}{path}"))

    def post_alert(self, payload: dict[str, Any], token: str) -> tuple[int, Any]:
        """Post a notification to the webhook; return status and body."""
        return _post(f"http://127.0.0.1:{self.alert_port}/alerts/{self.namespace}", payload, token)

    def post_report(self, run: str, payload: dict[str, Any], token: str) -> tuple[int, Any]:
        """Post a report of progress; return status and body."""
        url = f"http://127.0.0.1:{self.report_port}/reports/{self.namespace}/{run}"
        return _post(url, payload, token)

    def writes(self) -> int:
        """Return how many writes of this process changed something."""
        return int(sum(self.metrics("tidewheel_writes_total").values()))

    def metrics(self, name: str) -> dict[str, float]:
        """Return the values of a metric by their labels as they are written."""
        _, text = self.get("/metrics")
        found = (line.rpartition(" ") for line in text.splitlines() if not line.startswith("#"))
        return {
            sample.removeprefix(name): float(value)
            for sample, _, value in found
            if sample.partition("{")[0] == name
        }

    def metric(self, name: str) -> float | None:
        """Return the value of a metric without labels; nothing when nobody answers."""
        return self.metrics(name).get("")

    def seconds(self) -> float:
        """Return for how long the process has run."""
        return time.monotonic() - self.started

    def log(self) -> str:
        """Return all that the process and those before it have said."""
        return self._log_file.read_text() if self._log_file.exists() else ""

    @property
    def _log_file(self) -> Path:
        return self.folder / f"{self.name}.log"

    def _environment(self) -> dict[str, str]:
        sources = [str(paths.REPOSITORY / source) for source in _SOURCES]
        return {
            "PYTHONPATH": os.pathsep.join(sources),
            "KUBECONFIG": str(self.kubeconfig),
            "TIDEWHEEL_TRAINER_IMAGE": "registry.test/trainer:1",
            "TIDEWHEEL_SERVER_IMAGE": "registry.test/server:1",
            "TIDEWHEEL_WATCH_NAMESPACES": self.namespace,
            "TIDEWHEEL_HTTP_PORT": str(self.http_port),
            "TIDEWHEEL_ALERT_PORT": str(self.alert_port),
            "TIDEWHEEL_REPORT_PORT": str(self.report_port),
            # A successor of the same name is the same replica: it takes its Lease back at once.
            "TIDEWHEEL_POD_NAME": self.name,
            "TIDEWHEEL_POD_NAMESPACE": self.namespace,
            **self.environment,
        }


def _post(url: str, payload: dict[str, Any], token: str) -> tuple[int, Any]:
    request = urllib.request.Request(  # noqa: S310 - loopback
        url,
        data=json.dumps(payload).encode(),
        headers={"Authorization": f"Bearer {token}"},
        method="POST",
    )
    status, body = _answer(request)
    return status, json.loads(body)


def _answer(request: urllib.request.Request) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310 - loopback
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError as error:
        return 0, str(error)
