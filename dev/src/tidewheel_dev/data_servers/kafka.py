"""Download the jars of a Kafka broker, for tests of streams."""

from __future__ import annotations

import functools
import hashlib
import tempfile
from pathlib import Path

from tidewheel_dev import command, errors, locking, packages, paths, progress, toolchain

__all__ = ["ensure"]

_SOURCE = paths.REPOSITORY / "dev" / "kafka"
_LOCK = _SOURCE / "jars.lock"
_PACKAGES = {
    "maven": Path("/usr/bin/mvn"),
    "openjdk-17-jre-headless": Path("/usr/bin/java"),
}


@functools.cache
def ensure() -> Path:
    """Return the folder of jars, downloaded first when it is missing; jars.lock pins them."""
    pins = [(_SOURCE / "pom.xml").read_bytes(), _LOCK.read_bytes()]
    folder = paths.cache_folder() / "tools" / f"kafka-{toolchain.key_of(pins)}"
    with locking.exclusive(paths.cache_folder() / "kafka.lock"):
        packages.ensure(_PACKAGES)
        if not folder.exists():
            _download(folder)
    return folder


def _download(folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with progress.step("download Kafka"), tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        jars = Path(scratch) / "jars"
        goal = ["dependency:copy-dependencies", "-DincludeScope=runtime"]
        command.run(
            ["nice", "mvn", "--batch-mode", *goal, f"-DoutputDirectory={jars}"], cwd=_SOURCE
        )
        _check(jars)
        # A rename is all or nothing: an interrupted download never looks finished.
        jars.rename(folder)


def _check(jars: Path) -> None:
    found = "".join(
        f"{hashlib.sha256(jar.read_bytes()).hexdigest()}  {jar.name}\n"
        for jar in sorted(jars.iterdir())
    )
    if found != _LOCK.read_text():
        raise errors.DevError(
            f"the jars of Kafka are others than {_LOCK.relative_to(paths.REPOSITORY)} names; "
            "compare them, and write the lock again if a change was meant"
        )
