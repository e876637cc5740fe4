"""Asks a server as fast as it answers, from another core, and takes its CPU time per request.

CPU time is what is compared: it does not change much when other work shares the machine.
"""

import json
import re
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench.serving.cases import Body
from tests.bench.usage import usage_of

from tidewheel_dev import packages

__all__ = ["CLIENT_CORE", "SERVER_CORE", "Load", "loaded", "pids_of"]

SERVER_CORE, CLIENT_CORE = 0, 1
_CONNECTIONS = 16
_WARM_SECONDS, _SETTLE_SECONDS, _SECONDS = 1, 1, 4
_WRK = {"wrk": Path("/usr/bin/wrk")}
_REQUESTS = re.compile(r"(\d+) requests in ([\d.]+)s")


@dataclass(frozen=True, slots=True)
class Load:
    """What a server did under load: per request CPU microseconds of all its processes."""

    requests_per_second: float
    cpu_us: float
    memory_mb: float

    @property
    def per_core(self) -> float:
        """Return the requests that one core answers in a second."""
        return 1e6 / self.cpu_us


def loaded(
    process: subprocess.Popen[bytes], port: int, path: str, bodies: Sequence[Body], folder: Path
) -> Load:
    """Return what the server did while the bodies were sent in turns.

    Raises:
        RuntimeError: it answered something else than success.
    """
    packages.ensure(_WRK)
    script = folder / "requests.lua"
    script.write_text(_script(path, bodies))
    _wrk(script, port, _WARM_SECONDS)
    # What was in flight when warming ended is still being computed, for nobody.
    time.sleep(_SETTLE_SECONDS)
    before = _cpu_seconds(process.pid)
    count, seconds = _wrk(script, port, _SECONDS)
    spent = _cpu_seconds(process.pid) - before
    memory = sum(usage_of(pid).rss_mb for pid in pids_of(process.pid))
    return Load(count / seconds, 1e6 * spent / count, memory)


def pids_of(pid: int) -> Iterator[int]:
    """Yield a process and all its descendants."""
    yield pid
    for task in (Path("/proc") / str(pid) / "task").iterdir():
        for child in (task / "children").read_text().split():
            yield from pids_of(int(child))


def _cpu_seconds(pid: int) -> float:
    return sum(usage_of(each).cpu_seconds for each in pids_of(pid))


def _wrk(script: Path, port: int, seconds: int) -> tuple[int, float]:
    arguments = ("-t1", f"-c{_CONNECTIONS}", f"-d{seconds}s", "--timeout", "30s", "-s", str(script))
    output = subprocess.run(
        ["taskset", "-c", str(CLIENT_CORE), "wrk", *arguments, f"http://127.0.0.1:{port}"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    if "Non-2xx" in output or "Socket errors" in output:
        raise RuntimeError(f"not every request was answered with success:\n{output}")
    found = _REQUESTS.search(output)
    assert found is not None, output
    return int(found[1]), float(found[2])


def _script(path: str, bodies: Sequence[Body]) -> str:
    """Return a program of wrk that sends whole requests, made once, in turns."""
    requests = ",\n".join(
        f"wrk.format('POST', {_quoted(path.encode())}, {{{_headers(body)}}}, {_quoted(body.data)})"
        for body in bodies
    )
    return (
        "local requests = {}\nlocal turn = 0\n"
        f"init = function(args)\n requests = {{\n{requests}}}\nend\n"
        "request = function()\n turn = turn % #requests + 1\n return requests[turn]\nend\n"
    )


def _headers(body: Body) -> str:
    binary = "Inference-Header-Content-Length" in body.headers
    kind = "application/octet-stream" if binary else "application/json"
    headers = {"Content-Type": kind, **body.headers}
    return ", ".join(f"[{json.dumps(name)}] = {json.dumps(text)}" for name, text in headers.items())


def _quoted(data: bytes) -> str:
    """Return bytes as a text of Lua, each byte by its number."""
    return '"' + "".join(f"\\{byte:03d}" for byte in data) + '"'
