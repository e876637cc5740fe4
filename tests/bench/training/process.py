"""Processes that are measured: how long they ran, and how much memory they held at most."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

__all__ = ["Measured", "measured", "measured_together"]

_KIB = 1024


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds from start to end, and the highest resident memory in bytes of any one process."""

    seconds: float
    peak_bytes: int


def measured(arguments: Sequence[str], environment: Mapping[str, str]) -> Measured:
    """Run Python with these arguments to its end.

    Raises:
        RuntimeError: the process did not end well.
    """
    return measured_together([(arguments, environment)])


def measured_together(programs: Sequence[tuple[Sequence[str], Mapping[str, str]]]) -> Measured:
    """Run several such processes at the same time, until the last one has ended.

    Raises:
        RuntimeError: a process did not end well.
    """
    began = time.monotonic()
    started = [
        subprocess.Popen(
            [sys.executable, *arguments],
            env={**os.environ, **environment},
            stdout=subprocess.DEVNULL,
        )
        for arguments, environment in programs
    ]
    peak = 0
    for process, (arguments, _) in zip(started, programs, strict=True):
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise RuntimeError(f"{' '.join(arguments)} ended with {process.returncode}")
        peak = max(peak, usage.ru_maxrss * _KIB)
    return Measured(time.monotonic() - began, peak)
