"""Build the real Kueue from its Go module, with its module's own manifests: for tests alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from tidewheel_dev import command, paths
from tidewheel_dev.data_servers.go_program import go_build, go_program

__all__ = ["ensure", "manifests"]

_MODULE = "sigs.k8s.io/kueue"
_SOURCE = paths.REPOSITORY / "dev" / "kueue"


def ensure() -> Path:
    """Return the program, built first when it is missing."""
    return go_program(
        _SOURCE,
        "kueue",
        "build Kueue (minutes)",
        lambda _, target: go_build(f"{_MODULE}/cmd/kueue", target, _SOURCE),
    )


def manifests(kubectl: Path) -> list[dict[str, Any]]:
    """Return what upstream installs, from the folder of the module in Go's cache."""
    module = command.output(["go", "list", "-m", "-f", "{{.Dir}}", _MODULE], cwd=_SOURCE)
    text = command.output([str(kubectl), "kustomize", f"{module}/config/default"])
    return [item for item in yaml.safe_load_all(text) if item]
