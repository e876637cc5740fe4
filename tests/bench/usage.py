"""What a process has used, by the kernel's own account."""

import os
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Usage", "usage_of"]

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
# Fields of /proc/<pid>/stat after the name in parentheses, counted from 0 (proc_pid_stat(5)).
_USER_TICKS, _SYSTEM_TICKS = 11, 12
_KIB_PER_MB = 1000 * 1000 / 1024


@dataclass(frozen=True, slots=True)
class Usage:
    """CPU seconds of all threads since the start, resident memory now and at its highest."""

    user_seconds: float
    system_seconds: float
    rss_mb: float
    peak_rss_mb: float

    @property
    def cpu_seconds(self) -> float:
        """Return user and system time together."""
        return self.user_seconds + self.system_seconds


def usage_of(pid: int) -> Usage:
    """Return what a process has used so far."""
    process = Path("/proc") / str(pid)
    fields = (process / "stat").read_text().rpartition(")")[2].split()
    memory = {
        name: value.split()[0]
        for name, _, value in (
            line.partition(":") for line in (process / "status").read_text().splitlines()
        )
        if name in ("VmRSS", "VmHWM")
    }
    return Usage(
        user_seconds=int(fields[_USER_TICKS]) / _TICKS_PER_SECOND,
        system_seconds=int(fields[_SYSTEM_TICKS]) / _TICKS_PER_SECOND,
        rss_mb=int(memory["VmRSS"]) / _KIB_PER_MB,
        peak_rss_mb=int(memory["VmHWM"]) / _KIB_PER_MB,
    )
