"""Find what an image is made from, so that nothing is built twice and every change is."""

from __future__ import annotations

import hashlib
import json
import shlex
from collections.abc import Iterable
from pathlib import Path

from tidewheel_dev import command

__all__ = ["copied_paths", "digest", "revision"]

_IGNORED_FOLDERS = {"__pycache__", ".git", ".mypy_cache", ".pytest_cache", ".ruff_cache"}


def copied_paths(dockerfile: str) -> list[str]:
    """Return the sources of COPY and ADD that come from the build context."""
    found: list[str] = []
    for line in _instructions(dockerfile):
        word, _, rest = line.partition(" ")
        if word.upper() not in {"COPY", "ADD"} or "--from=" in rest:
            continue
        arguments = _arguments(rest)
        found += [source for source in arguments[:-1] if source not in found]
    return found


def digest(root: Path, sources: Iterable[str], extra: Iterable[str]) -> str:
    """Return a digest of the files below `root` that `sources` name, and of the `extra` words."""
    result = hashlib.sha256(json.dumps(list(extra)).encode())
    for file in sorted(_files(root, sources)):
        mode = file.stat().st_mode & 0o111
        result.update(f"{file.relative_to(root)}\0{mode}\0".encode())
        result.update(hashlib.sha256(file.read_bytes()).digest())
    return result.hexdigest()


def revision(root: Path, sources: Iterable[str]) -> str:
    """Return the commit that last changed the sources, with `-dirty` for changes after it."""
    existing = [source for source in sources if (root / source).exists()]
    commit = command.output(["git", "log", "-1", "--format=%H", "--", *existing], cwd=root)
    changed = command.output(["git", "status", "--porcelain", "--", *existing], cwd=root)
    return (commit or "uncommitted") + ("-dirty" if changed else "")


def _instructions(dockerfile: str) -> Iterable[str]:
    kept = (line for line in dockerfile.splitlines() if not line.lstrip().startswith("#"))
    for line in "\n".join(kept).replace("\\\n", " ").splitlines():
        if line.strip():
            yield line.strip()


def _arguments(rest: str) -> list[str]:
    words = rest.strip()
    while words.startswith("--"):
        words = words.partition(" ")[2].lstrip()
    if words.startswith("["):
        return [str(word) for word in json.loads(words)]
    return shlex.split(words)


def _files(root: Path, sources: Iterable[str]) -> set[Path]:
    found: set[Path] = set()
    for source in sources:
        # A source may be a pattern, and may start at the context's root with a slash.
        for path in root.glob(source.strip("/").removeprefix("./")) if source != "." else [root]:
            inside = path.rglob("*") if path.is_dir() else [path]
            found.update(file for file in inside if file.is_file() and not _is_ignored(file, root))
    return found


def _is_ignored(file: Path, root: Path) -> bool:
    return file.suffix == ".pyc" or not _IGNORED_FOLDERS.isdisjoint(file.relative_to(root).parts)
