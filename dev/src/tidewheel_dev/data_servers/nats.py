"""Build the NATS server, for tests of streams."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

from tidewheel_dev import command, locking, paths, progress, toolchain

__all__ = ["ensure"]

_MODULE = "github.com/nats-io/nats-server/v2"
_SOURCE = paths.REPOSITORY / "dev" / "nats"


@functools.cache
def ensure() -> Path:
    """Return the program, built first when it is missing; go.mod and go.sum pin what goes in."""
    go = command.output(["go", "env", "GOVERSION", "GOARCH"], cwd=_SOURCE).encode()
    pins = [(_SOURCE / file).read_bytes() for file in ("go.mod", "go.sum")]
    program = (
        paths.cache_folder() / "tools" / f"nats-{toolchain.key_of([go, *pins])}" / "nats-server"
    )
    with locking.exclusive(paths.cache_folder() / "go.lock"):
        if not program.exists():
            _build(program)
    return program


def _build(program: Path) -> None:
    program.parent.mkdir(parents=True, exist_ok=True)
    with (
        progress.step("build the NATS server"),
        tempfile.TemporaryDirectory(dir=program.parent) as scratch,
    ):
        unfinished = Path(scratch) / program.name
        flags = ["-trimpath", "-buildvcs=false", "-ldflags", "-s -w"]
        env = {"CGO_ENABLED": "0", "GOFLAGS": "-p=1"}
        build = ["nice", "go", "build", *flags, "-o", str(unfinished), _MODULE]
        command.run(build, cwd=_SOURCE, env=env)
        # A rename is all or nothing: an interrupted build never looks finished.
        unfinished.rename(program)
