"""Build FerretDB, which speaks MongoDB's protocol over SQLite, for tests of MongoDB sources."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from tidewheel_dev import command, paths
from tidewheel_dev.data_servers.go_program import go_build, go_program

__all__ = ["ensure"]

_MODULE = "github.com/FerretDB/FerretDB"
_SOURCE = paths.REPOSITORY / "dev" / "ferretdb"


def ensure() -> Path:
    """Return the program, built first when it is missing.

    Our go.mod and go.sum pin FerretDB's source, and its own go.sum pins all that goes in.
    """
    return go_program(_SOURCE, "ferretdb", "build FerretDB (minutes)", _build)


def _build(scratch: Path, target: Path) -> None:
    source = scratch / "source"
    _copy_source(source)
    go_build("./cmd/ferretdb", target, source)


def _copy_source(source: Path) -> None:
    """Copy the module out of Go's read-only cache, and say in it which version it is.

    The program stops at once without that file, which is made at a release and is in no module.
    """
    told = json.loads(command.output(["go", "mod", "download", "-json", _MODULE], cwd=_SOURCE))
    shutil.copytree(told["Dir"], source, copy_function=shutil.copyfile)
    for folder in (source, *(path for path in source.rglob("*") if path.is_dir())):
        folder.chmod(0o755)
    (source / "build/version/version.txt").write_text(f"{told['Version']}\n", encoding="utf-8")
