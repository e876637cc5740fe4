"""One part of a search's trials, by the program that an indexed Job runs, in a process of its own.

Its threads are set before any library is loaded, and its egress guard would end Ray's own
connections.
"""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from tidewheel_contracts.job import INDEX_VARIABLE, ExitCode, Failure, FailureReason

__all__ = ["run_part"]

# As many as of an index of an indexed Job.
_RETRIES = 3


def run_part(request_path: str, index: int) -> str:
    """Return the termination message of the program that runs the part of this index."""
    environment = {**os.environ, INDEX_VARIABLE: str(index)}
    for _ in range(1 + _RETRIES):
        exit_code, message = _run(request_path, environment)
        if exit_code != ExitCode.STORE_UNAVAILABLE:
            break
    return message or _unsaid(exit_code).to_json()


def _run(request_path: str, environment: dict[str, str]) -> tuple[int, str]:
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder) / "result.json"
        program = [sys.executable, "-m", "tidewheel_trainer", "search"]
        arguments = ["--request", request_path, "--result", str(result)]
        done = subprocess.run([*program, *arguments], env=environment, check=False)
        message = result.read_text(encoding="utf-8") if result.exists() else ""
    return done.returncode, message


def _unsaid(exit_code: int) -> Failure:
    """Return why a program ended without a word: the kernel kills what is out of memory so."""
    if exit_code == -signal.SIGKILL:
        return Failure(
            reason=FailureReason.OUT_OF_MEMORY,
            message="a part of the search was killed, most likely because it used more memory than "
            "`resources.memory` allows; raise it",
        )
    return Failure(
        reason=FailureReason.INTERNAL,
        message=f"a part of the search ended with exit code {exit_code} and without a result; the "
        "log of its Ray worker has the last words",
    )
