"""The same images and the same cluster for people with Docker and kind.

The commands are pure functions; `up` and `down` run them.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

from tidewheel_dev import build_inputs, errors, images, paths, progress

__all__ = [
    "build_command",
    "create_command",
    "delete_command",
    "down",
    "kubeconfig_command",
    "load_command",
    "up",
]


def build_command(image: images.Image, root: Path, revision: str) -> list[str]:
    """Return the words that build one image; its base is what the Dockerfile names."""
    argument = f"--build-arg=GIT_REVISION={revision}"
    file = str(root / image.dockerfile)
    return ["docker", "build", argument, "--file", file, "--tag", image.tag, str(root)]


def create_command(name: str, root: Path) -> list[str]:
    """Return the words that create the cluster and wait for its node."""
    config = str(root / "kind-config.yaml")
    return ["kind", "create", "cluster", "--name", name, "--config", config, "--wait", "120s"]


def delete_command(name: str) -> list[str]:
    """Return the words that delete the cluster."""
    return ["kind", "delete", "cluster", "--name", name]


def load_command(name: str, tags: Sequence[str]) -> list[str]:
    """Return the words that copy images from Docker into the cluster, in one go."""
    return ["kind", "load", "docker-image", "--name", name, *tags]


def kubeconfig_command(name: str, file: Path) -> list[str]:
    """Return the words that write the cluster's kubeconfig."""
    return ["kind", "export", "kubeconfig", "--name", name, "--kubeconfig", str(file)]


def up(cluster: paths.ClusterPaths | None = None) -> Path:
    """Create the cluster unless it exists, bring the images in, and return its kubeconfig."""
    cluster = cluster or paths.cluster_paths()
    root = paths.REPOSITORY
    built = images.with_dockerfile()
    for image in built:
        source = (root / image.dockerfile).read_text()
        inputs = [image.dockerfile, *build_inputs.copied_paths(source)]
        _run(build_command(image, root, build_inputs.revision(root, inputs)))
    if cluster.name not in _output(["kind", "get", "clusters"]).split():
        _run(create_command(cluster.name, root))
    _run(load_command(cluster.name, [image.tag for image in built]))
    kubeconfig = cluster.state / "kind.kubeconfig"
    kubeconfig.parent.mkdir(parents=True, exist_ok=True)
    _run(kubeconfig_command(cluster.name, kubeconfig))
    return kubeconfig


def down(cluster: paths.ClusterPaths | None = None) -> None:
    """Delete the cluster."""
    _run(delete_command((cluster or paths.cluster_paths()).name))


def _run(argv: Sequence[str]) -> None:
    progress.say("  " + " ".join(argv))
    try:
        # Docker and kind show their own progress, so their output goes to the terminal.
        done = subprocess.run(argv, check=False)
    except FileNotFoundError as err:
        raise errors.DevError(f"CLUSTER=kind needs `{argv[0]}` on this machine") from err
    if done.returncode != 0:
        raise errors.DevError(f"`{' '.join(argv)}` ended with {done.returncode}")


def _output(argv: Sequence[str]) -> str:
    try:
        return subprocess.run(argv, check=True, capture_output=True, text=True).stdout
    except FileNotFoundError as err:
        raise errors.DevError(f"CLUSTER=kind needs `{argv[0]}` on this machine") from err
