"""Build a server from a pinned Go module into the cache, once."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from tidewheel_dev import command, locking, paths, progress, toolchain

__all__ = ["go_build", "go_program"]


def go_program(source: Path, name: str, title: str, build: Callable[[Path, Path], None]) -> Path:
    """Return a program, built first when it is missing; go.mod and go.sum pin what goes in.

    Args:
        source: folder of go.mod and go.sum.
        name: name of the program.
        title: what is built, for people.
        build: called with an empty folder and the file to write.
    """
    go = command.output(["go", "env", "GOVERSION", "GOARCH"], cwd=source).encode()
    pins = [(source / file).read_bytes() for file in ("go.mod", "go.sum")]
    key = toolchain.key_of([go, *pins])
    program = paths.cache_folder() / "tools" / f"{source.name}-{key}" / name
    with locking.exclusive(paths.cache_folder() / "go.lock"):
        if not program.exists():
            program.parent.mkdir(parents=True, exist_ok=True)
            with (
                progress.step(title),
                tempfile.TemporaryDirectory(dir=program.parent) as scratch,
            ):
                unfinished = Path(scratch) / name
                build(Path(scratch), unfinished)
                # A rename is all or nothing: an interrupted build never looks finished.
                unfinished.rename(program)
    return program


def go_build(package: str, target: Path, cwd: Path) -> None:
    """Build a package; one at a time fills a small machine."""
    flags = ["-trimpath", "-buildvcs=false", "-ldflags", "-s -w"]
    env = {"CGO_ENABLED": "0", "GOFLAGS": "-p=1"}
    command.run(["nice", "go", "build", *flags, "-o", str(target), package], cwd=cwd, env=env)
