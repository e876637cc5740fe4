"""Build FerretDB, which speaks MongoDB's protocol over SQLite, for tests of MongoDB sources."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path

from tidewheel_dev import command, locking, paths, progress, toolchain

__all__ = ["ensure"]

_MODULE = "github.com/FerretDB/FerretDB"
_SOURCE = paths.REPOSITORY / "dev" / "ferretdb"


def ensure() -> Path:
    """Return the program, built first when it is missing.

    Our go.mod and go.sum pin FerretDB's source, and its own go.sum pins all that goes in.
    """
    go = command.output(["go", "env", "GOVERSION", "GOARCH"], cwd=_SOURCE).encode()
    pins = [(_SOURCE / file).read_bytes() for file in ("go.mod", "go.sum")]
    folder = paths.cache_folder() / "tools" / f"ferretdb-{toolchain.key_of([go, *pins])}"
    program = folder / "ferretdb"
    with locking.exclusive(paths.cache_folder() / "go.lock"):
        if not program.exists():
            _build(program)
    return program


def _build(program: Path) -> None:
    program.parent.mkdir(parents=True, exist_ok=True)
    with (
        progress.step("build FerretDB (minutes)"),
        tempfile.TemporaryDirectory(dir=program.parent) as scratch,
    ):
        source, unfinished = Path(scratch) / "source", Path(scratch) / program.name
        _copy_source(source)
        flags = ["-trimpath", "-buildvcs=false", "-ldflags", "-s -w"]
        env = {"CGO_ENABLED": "0", "GOFLAGS": "-p=1"}
        build = ["nice", "go", "build", *flags, "-o", str(unfinished), "./cmd/ferretdb"]
        command.run(build, cwd=source, env=env)
        # A rename is all or nothing: an interrupted build never looks finished.
        unfinished.rename(program)


def _copy_source(source: Path) -> None:
    """Copy the module out of Go's read-only cache, and say in it which version it is.

    The program stops at once without that file, which is made at a release and is in no module.
    """
    told = json.loads(command.output(["go", "mod", "download", "-json", _MODULE], cwd=_SOURCE))
    shutil.copytree(told["Dir"], source, copy_function=shutil.copyfile)
    for folder in (source, *(path for path in source.rglob("*") if path.is_dir())):
        folder.chmod(0o755)
    (source / "build/version/version.txt").write_text(f"{told['Version']}\n", encoding="utf-8")
