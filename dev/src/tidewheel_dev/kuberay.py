"""Build the real KubeRay from its Go module, whose folder also has the kinds that it serves."""

from pathlib import Path

from tidewheel_dev import command, paths
from tidewheel_dev.data_servers.go_program import go_build, go_program

__all__ = ["ensure", "kinds"]

_MODULE = "github.com/ray-project/kuberay/ray-operator"
_SOURCE = paths.REPOSITORY / "dev" / "kuberay"


def ensure() -> Path:
    """Return the program, built first when it is missing."""
    return go_program(
        _SOURCE,
        "kuberay",
        "build KubeRay (minutes)",
        lambda _, target: go_build(_MODULE, target, _SOURCE),
    )


def kinds() -> Path:
    """Return the folder of upstream's custom resource definitions, in Go's cache."""
    module = command.output(["go", "list", "-m", "-f", "{{.Dir}}", _MODULE], cwd=_SOURCE)
    return Path(module.strip()) / "config" / "crd" / "bases"
