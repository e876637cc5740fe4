"""Servers that refuse to run as root run as `nobody` when the tests are root's."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

__all__ = ["give", "run", "start"]

_USER = "nobody"


def give(folder: Path) -> None:
    """Let the server's user own a folder that is there, and reach it."""
    if os.geteuid() != 0:
        return
    for path in (folder, *folder.rglob("*")):
        shutil.chown(path, _USER, pwd.getpwnam(_USER).pw_gid)
    for parent in folder.parents:
        # pytest keeps its folders to the user of the tests.
        if not parent.stat().st_mode & 0o001:
            parent.chmod(parent.stat().st_mode | 0o011)


def run(argv: Sequence[str], folder: Path) -> None:
    """Run a program to its end.

    Raises:
        AssertionError: with what it said, when it fails.
    """
    done = subprocess.run(
        argv, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, **_owner()
    )
    assert done.returncode == 0, f"{argv[0]} failed: {done.stderr[-2000:]}{done.stdout[-1000:]}"


def start(argv: Sequence[str], folder: Path) -> subprocess.Popen[bytes]:
    """Start a server; what it says goes to `log` in its folder."""
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(
            argv, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **_owner()
        )


def _owner() -> dict[str, int]:
    if os.geteuid() != 0:
        return {}
    entry = pwd.getpwnam(_USER)
    return {"user": entry.pw_uid, "group": entry.pw_gid}
