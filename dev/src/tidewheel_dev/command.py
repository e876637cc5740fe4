"""Run other programs and turn a failure into one sentence with the end of their output."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from tidewheel_dev import errors

__all__ = ["output", "run", "succeeds"]

_SHOWN_LINES = 30


def run(
    argv: Sequence[str | Path],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    log: Path | None = None,
) -> None:
    """Run a program whose output nobody reads unless it fails; keep it in `log` when given."""
    text = _text(argv, cwd=cwd, env=env, merged=True)
    if log is not None:
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text(text)


def output(
    argv: Sequence[str | Path], *, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> str:
    """Run a program and return what it printed."""
    return _text(argv, cwd=cwd, env=env, merged=False).strip()


def succeeds(argv: Sequence[str | Path]) -> bool:
    """Run a program quietly and say whether it ended with 0."""
    done = subprocess.run([str(part) for part in argv], capture_output=True, check=False)
    return done.returncode == 0


def _text(
    argv: Sequence[str | Path], *, cwd: Path | None, env: Mapping[str, str] | None, merged: bool
) -> str:
    words = [str(part) for part in argv]
    try:
        done = subprocess.run(
            words,
            cwd=cwd,
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if merged else subprocess.PIPE,
            text=True,
            errors="replace",
            check=False,
        )
    except FileNotFoundError as err:
        raise errors.DevError(f"`{words[0]}` is not installed on this machine") from err
    if done.returncode != 0:
        shown = "\n".join((done.stdout if merged else done.stderr).splitlines()[-_SHOWN_LINES:])
        raise errors.DevError(f"`{' '.join(words)}` ended with {done.returncode}:\n{shown}")
    return done.stdout
