"""Start, recognise and stop the processes of a cluster.

Every process has a record with its pid, its start time and the boot it belongs to, so that a pid
which the kernel gave to someone else is never taken for ours.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from tidewheel_dev import errors, paths, wait

__all__ = ["Program", "all_records", "ensure_running", "log_tail", "running_pid", "stop_all"]

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_TAIL_LINES = 15


@dataclasses.dataclass(frozen=True, slots=True)
class Program:
    """One process of the cluster: its name, its words, and the files whose change restarts it."""

    name: str
    argv: tuple[str, ...]
    config_files: tuple[Path, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()

    def fingerprint(self) -> str:
        """Return a digest of everything that was decided for the process at its start."""
        digest = hashlib.sha256(json.dumps([self.argv, self.environment]).encode())
        for file in self.config_files:
            digest.update(file.read_bytes())
        return digest.hexdigest()


@dataclasses.dataclass(frozen=True, slots=True)
class _Record:
    pid: int
    start_ticks: int
    boot: str
    fingerprint: str


def ensure_running(cluster: paths.ClusterPaths, program: Program, prefix: Sequence[str]) -> bool:
    """Start the program unless it runs as wanted; return whether it was started."""
    record = _read(cluster, program.name)
    if record is not None and _is_alive(record):
        if record.fingerprint == program.fingerprint():
            return False
        stop_all(cluster, [program.name])
    _start(cluster, program, prefix)
    return True


def running_pid(cluster: paths.ClusterPaths, name: str) -> int | None:
    """Return the pid of the process, or None when it does not run."""
    record = _read(cluster, name)
    return record.pid if record is not None and _is_alive(record) else None


def stop_all(
    cluster: paths.ClusterPaths, names: Sequence[str], *, grace_seconds: float = 10
) -> None:
    """End the processes, by force when they do not go in time, and forget them."""
    found = {name: record for name in names if (record := _read(cluster, name)) is not None}
    alive = {name: record for name, record in found.items() if _is_alive(record)}
    for record in alive.values():
        _signal(record, signal.SIGTERM)
    deadline = time.monotonic() + grace_seconds
    for name, record in alive.items():
        try:
            _wait_for_end(name, record, deadline - time.monotonic())
        except errors.DevError:
            _signal(record, signal.SIGKILL)
            _wait_for_end(name, record, grace_seconds)
    for name in names:
        _record_file(cluster, name).unlink(missing_ok=True)


def all_records(cluster: paths.ClusterPaths) -> list[str]:
    """Return the names of all processes that were started, alive or not."""
    return sorted(file.stem for file in cluster.processes.glob("*.json"))


def log_tail(cluster: paths.ClusterPaths, name: str) -> str:
    """Return the last lines that the process wrote."""
    file = _log_file(cluster, name)
    if not file.exists():
        return f"{file} does not exist"
    lines = file.read_text(errors="replace").splitlines()[-_TAIL_LINES:]
    return "\n".join([f"the end of {file}:", *lines])


def _start(cluster: paths.ClusterPaths, program: Program, prefix: Sequence[str]) -> None:
    for folder in (cluster.logs, cluster.processes):
        folder.mkdir(parents=True, exist_ok=True)
    log = _log_file(cluster, program.name)
    if log.exists():
        log.replace(log.with_suffix(".previous.log"))
    with log.open("w") as stream:
        child = subprocess.Popen(
            [*prefix, *program.argv],
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            cwd=cluster.state,
            env={**os.environ, **dict(program.environment)},
            # A session of its own: Ctrl-C at the terminal must not reach the cluster.
            start_new_session=True,
        )
    # The child outlives this process on purpose; this says so to the warning of subprocess.
    child.returncode = 0
    # nsenter replaces itself by the program, so the pid stays.
    start_ticks = _start_ticks(child.pid)
    if start_ticks is None:
        raise errors.DevError(f"{program.name} ended at once; {log_tail(cluster, program.name)}")
    record = _Record(child.pid, start_ticks, _boot(), program.fingerprint())
    file = _record_file(cluster, program.name)
    unfinished = file.with_suffix(".new")
    unfinished.write_text(json.dumps(dataclasses.asdict(record)))
    unfinished.replace(file)


def _wait_for_end(name: str, record: _Record, seconds: float) -> None:
    def missing() -> str | None:
        _reap(record.pid)
        return f"process {record.pid} is still there" if _is_alive(record) else None

    wait.until(f"the end of {name}", missing, timeout_seconds=seconds, interval_seconds=0.02)


def _is_alive(record: _Record) -> bool:
    return record.boot == _boot() and _start_ticks(record.pid) == record.start_ticks


def _start_ticks(pid: int) -> int | None:
    """Return the start time of a live process in clock ticks after boot (proc(5), field 22)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    state, start_ticks = fields[0], int(fields[19])
    if state == "Z":
        _reap(pid)
        return None
    return start_ticks


def _reap(pid: int) -> None:
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def _signal(record: _Record, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(record.pid, number)


def _boot() -> str:
    return _BOOT.read_text().strip()


def _read(cluster: paths.ClusterPaths, name: str) -> _Record | None:
    try:
        return _Record(**json.loads(_record_file(cluster, name).read_text()))
    except (OSError, ValueError, TypeError):
        return None


def _record_file(cluster: paths.ClusterPaths, name: str) -> Path:
    return cluster.processes / f"{name}.json"


def _log_file(cluster: paths.ClusterPaths, name: str) -> Path:
    return cluster.logs / f"{name}.log"
