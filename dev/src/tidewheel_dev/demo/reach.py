"""Reach a Service from this machine: by its address where that is routed, else through kubectl."""

from __future__ import annotations

import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from tidewheel_dev import api, errors, wait
from tidewheel_dev.demo.kubectl import Kubectl

__all__ = ["ByAddress", "Reach", "ThroughKubectl", "through_kubectl"]

_START_SECONDS = 20.0
_LOOK_SECONDS = 20.0
_HTTP_PORT = 80


class Reach(Protocol):
    """How programs on this machine get to a Service."""

    @property
    def outlives_demo(self) -> bool:
        """Say whether its URLs still work when the demo has ended."""

    def url(self, namespace: str, service: str, port: int, *, moves: bool = False) -> str:
        """Return the URL of a port, without a slash at its end.

        Args:
            namespace: where the Service is.
            service: its name.
            port: its port.
            moves: whether the pods behind it will change while the URL is in use.
        """


@dataclass(frozen=True, slots=True)
class ByAddress:
    """The embedded cluster: this machine has a route to the addresses of Services."""

    api: api.Api

    @property
    def outlives_demo(self) -> bool:
        """Say that addresses stay."""
        return True

    def url(self, namespace: str, service: str, port: int, *, moves: bool = False) -> str:
        """Return the URL of the Service's own address."""
        found: list[str] = []

        def missing() -> str | None:
            try:
                answer = self.api.get(f"/api/v1/namespaces/{namespace}/services/{service}")
            except (api.RefusedError, OSError) as err:
                return str(err)
            found.append(answer["spec"]["clusterIP"])
            return None

        wait.until(f"the address of Service '{service}'", missing, timeout_seconds=_LOOK_SECONDS)
        address = f"http://{found[0]}"
        return address if port == _HTTP_PORT else f"{address}:{port}"


@dataclass(frozen=True, slots=True)
class ThroughKubectl:
    """Any other cluster: one helper process a Service, for as long as the demo runs."""

    kubectl: Kubectl
    _helpers: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def outlives_demo(self) -> bool:
        """Say that helper processes end."""
        return False

    def url(self, namespace: str, service: str, port: int, *, moves: bool = False) -> str:
        """Return the URL of a forwarded port.

        A forwarded port stays with the pod that it found first, so a Service whose pods change is
        asked through the API server instead, which looks for a pod at every request.
        """
        if moves:
            address = self._started("proxy", "--port=0")
            return f"{address}/api/v1/namespaces/{namespace}/services/http:{service}:{port}/proxy"
        words = ["port-forward", f"--namespace={namespace}", f"service/{service}", f":{port}"]
        return self._started(*words)

    def close(self) -> None:
        """End every helper process."""
        for helper in self._helpers:
            helper.terminate()
        for helper in self._helpers:
            helper.wait()

    def _started(self, *words: str) -> str:
        helper = subprocess.Popen(
            self.kubectl.argv(*words),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._helpers.append(helper)
        line = _first_line(helper)
        found = re.search(r"127\.0\.0\.1:(\d+)", line)
        if found is None:
            told = line or f"nothing within {_START_SECONDS:.0f} s"
            raise errors.DevError(f"`kubectl {' '.join(words)}` opened no port; it said: {told}")
        return f"http://127.0.0.1:{found[1]}"


def _first_line(helper: subprocess.Popen[str]) -> str:
    """Return the line that names the port; the rest is read too, or a full pipe stops kubectl."""
    output = helper.stdout
    assert output is not None  # noqa: S101 - asked for when it was started
    # Killing a helper that stays silent ends the reading.
    silence = threading.Timer(_START_SECONDS, helper.kill)
    silence.start()
    line = output.readline().strip()
    silence.cancel()

    def read_on() -> None:
        with output:
            for _ in output:
                pass

    threading.Thread(target=read_on, daemon=True).start()
    return line


@contextmanager
def through_kubectl(kubectl: Kubectl) -> Iterator[ThroughKubectl]:
    """Return a reach whose helper processes end with the block."""
    reach = ThroughKubectl(kubectl)
    try:
        yield reach
    finally:
        reach.close()
