"""`make venv` of two people at once: one makes the environment, and the other waits for it."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tidewheel_dev import paths, wait

MakeVenv = Callable[[], "subprocess.Popen[str]"]
# Writes down what it is asked, and stays in the making of an environment until somebody reads.
PYTHON = """#!/bin/sh
case "$*" in
  --version) echo Python 3.0; exit ;;
  "-m venv "*) echo venv >> "$LOG"; mkdir -p "$3/bin"; cp "$0" "$3/bin/python"; echo > "$GATE" ;;
  *) echo "${*#-m }" >> "$LOG" ;;
esac
"""
STEPS = [
    "venv",
    "pip install --quiet --require-hashes -r requirements.lock",
    "pip install --quiet --no-deps -e .",
    "tidewheel_dev engine",
]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Return an environment with a cache of its own and a Python that only writes down."""
    (tmp_path / "python").write_text(PYTHON)
    (tmp_path / "python").chmod(0o755)
    os.mkfifo(tmp_path / "gate")
    (tmp_path / "log").touch()
    own = {"PYTHON": "python", "TIDEWHEEL_CACHE": "cache", "LOG": "log", "GATE": "gate"}
    inherited = {name: text for name, text in os.environ.items() if not name.startswith("MAKE")}
    return inherited | {name: str(tmp_path / file) for name, file in own.items()}


@pytest.fixture
def make_venv(environment: dict[str, str]) -> Iterator[MakeVenv]:
    """Return a function that begins to make the environment."""
    begun: list[subprocess.Popen[str]] = []

    def begin() -> subprocess.Popen[str]:
        words = ["make", "--silent", "venv"]
        child = subprocess.Popen(
            words,
            cwd=paths.REPOSITORY,
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        begun.append(child)
        return child

    yield begin
    for child in begun:
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)
        child.communicate()


def let_go_on(environment: dict[str, str]) -> None:
    """Let an environment be made to its end, once that has begun."""

    def missing() -> str | None:
        return None if steps(environment) else "it has not begun"

    wait.until("the making", missing, timeout_seconds=30)
    Path(environment["GATE"]).read_text()


def steps(environment: dict[str, str]) -> list[str]:
    """Return what was done."""
    return Path(environment["LOG"]).read_text().splitlines()


def waits(cache: Path) -> bool:
    """Tell whether somebody waits for the lock of an environment."""
    inodes = {str(lock.stat().st_ino) for lock in cache.glob("venv-*.lock")}
    waiting = [line for line in Path("/proc/locks").read_text().splitlines() if "->" in line]
    return any(inode in line.replace(":", " ").split() for line in waiting for inode in inodes)


def test_second_waits_for_the_first_and_does_nothing_again(
    make_venv: MakeVenv, environment: dict[str, str]
) -> None:
    first, second = make_venv(), make_venv()

    def missing() -> str | None:
        is_seen = waits(Path(environment["TIDEWHEEL_CACHE"])) or len(steps(environment)) > 1
        return None if is_seen else "nobody waits"

    wait.until("one to wait for the other", missing, timeout_seconds=30)
    let_go_on(environment)

    told = [each.communicate(timeout=30)[0].splitlines()[-1] for each in (first, second)]
    assert (first.returncode, second.returncode) == (0, 0)
    assert steps(environment) == STEPS
    assert told[0] == told[1]


def test_environment_that_is_there_is_not_made_again(
    make_venv: MakeVenv, environment: dict[str, str]
) -> None:
    first = make_venv()
    let_go_on(environment)
    first.communicate(timeout=30)

    make_venv().communicate(timeout=30)

    assert steps(environment) == STEPS
