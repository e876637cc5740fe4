"""Make the base image from Debian packages: what `python:3.11-slim-bookworm` is to Docker users."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from tidewheel_dev import buildah, command, paths, progress

__all__ = ["RECIPE", "build", "mirror_of"]

_SUITE = "bookworm"
# LightGBM needs the compiler's own library of threads, which is in no wheel.
_PACKAGES = "python3,python3-venv,ca-certificates,libgomp1"
# Nobody reads manuals inside a container, and apt builds its lists anew.
_REMOVED = (
    "usr/share/doc",
    "usr/share/info",
    "usr/share/locale",
    "usr/share/man",
    "var/cache/apt",
    "var/lib/apt/lists",
    "var/log",
)
_EMPTY_FOLDERS = ("var/cache/apt/archives/partial", "var/lib/apt/lists/partial", "var/log")

# Everything that decides what the image holds; raise the number when this file changes.
RECIPE = ("debootstrap", "2", _SUITE, _PACKAGES, *_REMOVED)


def build(tag: str) -> None:
    """Bootstrap a small Debian with Python and commit it as one layer."""
    scratch = paths.cache_folder() / "scratch"
    scratch.mkdir(parents=True, exist_ok=True)
    with (
        progress.step("bootstrap the base image (a minute)"),
        tempfile.TemporaryDirectory(dir=scratch) as name,
    ):
        root = Path(name) / "root"
        mirror = mirror_of(_apt_sources(), _SUITE)
        options = ["--variant=minbase", f"--include={_PACKAGES}"]
        command.run(["debootstrap", *options, _SUITE, root, *([mirror] if mirror else [])])
        _shrink(root)
        environment = "--env=PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        buildah.commit_folder(root, tag, settings=[environment, "--env=LANG=C.UTF-8", "--cmd=sh"])


def mirror_of(sources: list[str], suite: str) -> str | None:
    """Return the first address that the apt source texts give for the suite."""
    for text in sources:
        for paragraph in text.split("\n\n"):
            fields = dict(
                line.split(": ", 1) for line in paragraph.splitlines() if ": " in line[1:]
            )
            if suite in fields.get("Suites", "").split() and "deb" in fields.get("Types", ""):
                return fields["URIs"].split()[0]
        for line in text.splitlines():
            words = [word for word in line.split() if not word.startswith("[")]
            if words[:1] == ["deb"] and suite in words[2:3]:
                return words[1]
    return None


def _apt_sources() -> list[str]:
    folder = Path("/etc/apt/sources.list.d")
    files = [Path("/etc/apt/sources.list"), *sorted(folder.glob("*"))]
    return [
        file.read_text()
        for file in files
        if file.suffix in {".list", ".sources"} and file.is_file()
    ]


def _shrink(root: Path) -> None:
    for name in _REMOVED:
        shutil.rmtree(root / name, ignore_errors=True)
    for name in _EMPTY_FOLDERS:
        (root / name).mkdir(parents=True, exist_ok=True)
    # Byte code comes back at the first import; device files are the container runtime's business.
    for cache in root.rglob("__pycache__"):
        shutil.rmtree(cache, ignore_errors=True)
    for entry in (root / "dev").iterdir():
        shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()
    # The machine's own resolver and host name must not travel in an image.
    for name in ("etc/resolv.conf", "etc/hostname"):
        (root / name).unlink(missing_ok=True)
