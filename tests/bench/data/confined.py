"""Run the collection in a control group of its own, whose memory is limited as a container's is."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

__all__ = ["confined"]

_CGROUPS = Path("/sys/fs/cgroup")
_POLL_SECONDS = 0.1


def confined(folder: Path, limit_bytes: int) -> dict[str, Any] | None:
    """Return the figures of a collection of the CSV files in `folder`, or None when it failed."""
    started = time.monotonic()
    with _group(limit_bytes) as group:
        command = [
            sys.executable,
            "-m",
            "tests.bench.data.collecting",
            str(folder),
            str(limit_bytes),
        ]
        process = subprocess.Popen(command)
        try:
            if group is not None:
                (group / "cgroup.procs").write_text(str(process.pid))
            peak = _watched(process)
        finally:
            process.kill()
            process.wait()
        seconds = time.monotonic() - started
    if process.returncode:
        sys.stderr.write(f"error: the collection ended with {process.returncode}\n")
        return None
    return {
        "peak_rss_bytes": peak,
        "seconds": round(seconds, 1),
        "limited_by": "cgroup" if group is not None else "nothing but the programs themselves",
        **json.loads((folder / "outcome.json").read_text()),
    }


@contextmanager
def _group(limit_bytes: int) -> Iterator[Path | None]:
    """Give a control group below our own, where this process may make one."""
    group = _own_group() / f"tidewheel-bench-{os.getpid()}"
    try:
        group.mkdir()
        limit = "memory.max" if (group / "memory.max").exists() else "memory.limit_in_bytes"
        (group / limit).write_text(str(limit_bytes))
    except OSError as error:
        sys.stderr.write(f"no control group can be made ({error}); only the peak is measured\n")
        group = Path()
    try:
        yield group if group.name else None
    finally:
        if group.name:
            group.rmdir()


def _own_group() -> Path:
    """Return the folder of the control group that limits our memory, of version 1 or 2."""
    groups = [line.split(":", 2) for line in Path("/proc/self/cgroup").read_text().splitlines()]
    for _, controllers, path in groups:
        if "memory" in controllers.split(","):
            return _CGROUPS / "memory" / path.lstrip("/")
    return _CGROUPS / groups[0][2].lstrip("/")


def _watched(process: subprocess.Popen[bytes]) -> int:
    """Return the highest resident memory of a process, which is known until it ends."""
    peak = 0
    while process.poll() is None:
        status = Path(f"/proc/{process.pid}/status").read_text()
        peak = max(
            [peak, *(int(line.split()[1]) for line in status.splitlines() if "VmHWM" in line)]
        )
        time.sleep(_POLL_SECONDS)
    return peak * 1024
