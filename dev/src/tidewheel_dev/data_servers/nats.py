"""Build the NATS server, for tests of streams."""

from __future__ import annotations

import functools
from pathlib import Path

from tidewheel_dev import paths
from tidewheel_dev.data_servers.go_program import go_build, go_program

__all__ = ["ensure"]

_MODULE = "github.com/nats-io/nats-server/v2"
_SOURCE = paths.REPOSITORY / "dev" / "nats"


@functools.cache
def ensure() -> Path:
    """Return the program, built first when it is missing."""
    return go_program(
        _SOURCE,
        "nats-server",
        "build the NATS server",
        lambda _, target: go_build(_MODULE, target, _SOURCE),
    )
