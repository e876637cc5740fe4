"""Build kwok, which lets thousands of fake nodes and pods be ready: for the scale bench alone."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from tidewheel_dev import command, locking, paths, progress, toolchain

__all__ = ["Kwok", "ensure"]

_MODULE = "sigs.k8s.io/kwok"
_SOURCE = paths.REPOSITORY / "dev" / "kwok"
# What becomes of nodes and pods, as upstream ships it: all is well at once.
_STAGES = ("node/fast", "pod/fast")


@dataclass(frozen=True, slots=True)
class Kwok:
    """The program and the file that says what becomes of nodes and pods."""

    program: Path
    stages: Path


def ensure() -> Kwok:
    """Return kwok, built first when it is missing; go.mod and go.sum pin what goes in."""
    go = command.output(["go", "env", "GOVERSION", "GOARCH"], cwd=_SOURCE).encode()
    pins = [(_SOURCE / file).read_bytes() for file in ("go.mod", "go.sum")]
    folder = paths.cache_folder() / "tools" / f"kwok-{toolchain.key_of([go, *pins])}"
    with locking.exclusive(paths.cache_folder() / "go.lock"):
        if not folder.exists():
            _build(folder)
    return Kwok(folder / "kwok", folder / "stages.yaml")


def _build(folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with progress.step("build kwok"), tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        unfinished = Path(scratch) / "kwok"
        unfinished.mkdir()
        flags = ["-trimpath", "-buildvcs=false", "-ldflags", "-s -w"]
        target = ["-o", str(unfinished / "kwok"), f"{_MODULE}/cmd/kwok"]
        command.run(["go", "build", *flags, *target], cwd=_SOURCE, env={"CGO_ENABLED": "0"})
        (unfinished / "stages.yaml").write_text(_stages())
        # A rename is all or nothing: an interrupted build never looks finished.
        unfinished.rename(folder)


def _stages() -> str:
    """Return the stages that come with the module, as one file."""
    module = Path(command.output(["go", "list", "-m", "-f", "{{.Dir}}", _MODULE], cwd=_SOURCE))
    files = [
        file
        for name in _STAGES
        for file in sorted((module / "kustomize" / "stage" / name).glob("*.yaml"))
        if file.name != "kustomization.yaml"
    ]
    return "\n---\n".join(file.read_text() for file in files)
