"""A real Ray cluster of one node on loopback, as KubeRay starts one, with its request in place."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests
from tests.integration.local_server import free_port

from tidewheel_contracts.job import REQUEST_PATH
from tidewheel_dev import wait

_START_SECONDS = 120
_TOKEN = "a-token-of-more-than-32-characters-for-tests"
# The request lies in one fixed place of /etc: here it has a /etc of its own.
_SCRIPT = """set -e
mount --types overlay overlay --options lowerdir=/etc,upperdir="$1"/etc,workdir="$1"/work /etc
folder="$1"; shift
exec "$@" --temp-dir="$folder"/ray
"""


@dataclass(frozen=True, slots=True)
class RayCluster:
    """Where it answers, what its pods have in their environment, and the file of their request."""

    dashboard: str
    request: Path
    environment: dict[str, str]


@contextmanager
def running(cpus: int, environment: Mapping[str, str]) -> Iterator[RayCluster]:
    """Start a cluster of so many processors with an environment; only root may do so."""
    # Not pytest's folder: the names of Ray's sockets would be too long.
    folder = Path(tempfile.mkdtemp(prefix="ray"))
    try:
        place = folder / "etc" / Path(REQUEST_PATH).parent.relative_to("/etc")
        for each in (place.parent, folder / "request", folder / "work"):
            each.mkdir(parents=True)
        place.symlink_to(folder / "request")
        with _head(folder, cpus, environment) as cluster:
            yield cluster
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _head(folder: Path, cpus: int, environment: Mapping[str, str]) -> Iterator[RayCluster]:
    port, dashboard = free_port(), free_port()
    scripts = str(Path(sys.executable).parent)
    inside = {
        **os.environ,
        **environment,
        "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}",
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": _TOKEN,
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_task_oom_retries": "0",
    }
    start = [
        *("ray", "start", "--head", "--block", f"--num-cpus={cpus}", f"--port={port}"),
        *("--node-ip-address=127.0.0.1", "--dashboard-host=127.0.0.1"),
        *(f"--dashboard-port={dashboard}", f"--dashboard-agent-listen-port={free_port()}"),
        *(f"--ray-client-server-port={free_port()}", "--object-store-memory=78643200"),
    ]
    words = ["unshare", "--mount", "sh", "-c", _SCRIPT, "sh", str(folder), *start]
    with (folder / "head.log").open("wb") as log:
        head = subprocess.Popen(words, env=inside, stdout=log, stderr=log, start_new_session=True)
    address = f"127.0.0.1:{dashboard}"

    def missing() -> str | None:
        if head.poll() is not None:
            return f"it has ended: {(folder / 'head.log').read_text()[-2000:]}"
        headers = {"Authorization": f"Bearer {_TOKEN}"}
        try:
            answer = requests.get(f"http://{address}/api/jobs/", headers=headers, timeout=5)
        except requests.RequestException as error:
            return str(error)
        return None if answer.ok else f"{answer.status_code} {answer.text}"

    try:
        wait.until("Ray", missing, timeout_seconds=_START_SECONDS, interval_seconds=0.5)
        yield RayCluster(address, folder / "request" / Path(REQUEST_PATH).name, inside)
    finally:
        head.send_signal(signal.SIGTERM)
        try:
            head.wait(timeout=30)
        except subprocess.TimeoutExpired:
            os.killpg(head.pid, signal.SIGKILL)
            head.wait()
