"""Compile the model server's engine in C++ once, and install it into this Python environment."""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
import tempfile
from pathlib import Path

from tidewheel_dev import build_inputs, command, errors, locking, packages, paths, progress

__all__ = ["SOURCES", "ensure"]

SOURCES = ("server_image/native", "requirements.lock")


def ensure() -> None:
    """Install the engine that the sources describe, compiled first when the cache lacks it."""
    # A wheel is for one version of Python, and for one kind of processor.
    words = [sys.version, sysconfig.get_platform()]
    key = build_inputs.digest(paths.REPOSITORY, SOURCES, words)[:16]
    folder = paths.cache_folder() / "engine" / key
    with locking.exclusive(paths.cache_folder() / "engine.lock"):
        if not folder.exists():
            _ensure_compiler()
            with progress.step("compile the model server's engine (a minute)"):
                _build(folder)
    wheel = next(folder.glob("*.whl"))
    options = ["--quiet", "--no-index", "--no-deps", "--force-reinstall"]
    command.run([sys.executable, "-m", "pip", "install", *options, wheel])


def _build(folder: Path) -> None:
    """Make the folder with the wheel; an interrupted build leaves none."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as unfinished:
        built = Path(unfinished) / folder.name
        options = ["--no-index", "--no-deps", "--no-build-isolation"]
        source = paths.REPOSITORY / "server_image" / "native"
        command.run([sys.executable, "-m", "pip", "wheel", *options, "--wheel-dir", built, source])
        built.rename(folder)


def _ensure_compiler() -> None:
    """Install g++ and Python's headers where they are missing.

    Raises:
        DevError: they are, and cannot be installed here.
    """
    needed: dict[str, Path] = {}
    if shutil.which(os.environ.get("CXX", "c++")) is None:
        needed["g++"] = Path("/usr/bin/g++")
    headers = Path(sysconfig.get_path("include")) / "Python.h"
    if not headers.exists():
        needed["python3-dev"] = headers
    if needed and os.geteuid() != 0:
        raise errors.DevError(
            f"the model server's engine is compiled, and {' and '.join(needed)} is missing; "
            "install it, or run `make venv` as root once"
        )
    packages.ensure(needed)
    if not headers.exists():
        raise errors.DevError(
            f"{sys.executable} has no headers ({headers}), which the model server's engine is "
            "compiled with; install those of this Python"
        )
