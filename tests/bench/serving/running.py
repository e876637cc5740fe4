"""Server processes under measurement: started on one core, awaited, ended with all they made."""

import http.client
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bench.serving.cases import Body
from tests.bench.serving.load import SERVER_CORE, pids_of
from tests.bench.usage import usage_of

from tidewheel_dev import wait

__all__ = ["Running", "running"]

# Ray starts half a dozen processes before it answers.
_START_SECONDS = 180


@dataclass(frozen=True, slots=True)
class Running:
    """A server that has answered once, and what it took until then."""

    process: subprocess.Popen[bytes]
    port: int
    start_seconds: float
    start_cpu_seconds: float
    memory_mb: float


@contextmanager
def running(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    port: int,
    path: str,
    body: Body,
    log: Path,
) -> Iterator[Running]:
    """Start a server, and wait until it answers the request with success."""
    began = time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["taskset", "-c", str(SERVER_CORE), *arguments],
            env={**os.environ, **environment},
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=log.parent,
            start_new_session=True,
        )
    try:
        wait.until(
            f"an answer of {arguments[0]} (its log: {log})",
            lambda: _refusal(process, port, path, body),
            timeout_seconds=_START_SECONDS,
        )
        usages = [usage_of(pid) for pid in pids_of(process.pid)]
        yield Running(
            process,
            port,
            time.monotonic() - began,
            sum(usage.cpu_seconds for usage in usages),
            sum(usage.rss_mb for usage in usages),
        )
    finally:
        _end(process)


def _refusal(process: subprocess.Popen[bytes], port: int, path: str, body: Body) -> str | None:
    if process.poll() is not None:
        return f"it ended with {process.returncode}"
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        headers = {"Content-Type": "application/json", **body.headers}
        connection.request("POST", path, body.data, headers)
        answer = connection.getresponse()
        text = answer.read().decode(errors="replace")
        return None if answer.status == 200 else f"{answer.status} {text[:300]}"
    except (OSError, http.client.HTTPException) as error:
        return f"{type(error).__name__}: {error}"
    finally:
        connection.close()


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the whole session; what left it (Ray's daemons do) is ended as a descendant."""
    left = list(pids_of(process.pid)) if process.poll() is None else []
    for pid in left:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    process.wait()
