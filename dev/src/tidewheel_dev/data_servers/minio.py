"""Build MinIO, for tests of S3 sources: it is not part of what Tidewheel ships."""

from __future__ import annotations

from pathlib import Path

from tidewheel_dev import paths
from tidewheel_dev.data_servers.go_program import go_build, go_program

__all__ = ["ensure"]

_MODULE = "github.com/minio/minio"
_SOURCE = paths.REPOSITORY / "dev" / "minio"


def ensure() -> Path:
    """Return the program, built first when it is missing."""
    return go_program(
        _SOURCE,
        "minio",
        "build MinIO (minutes)",
        lambda _, target: go_build(_MODULE, target, _SOURCE),
    )
