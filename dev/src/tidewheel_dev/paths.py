"""Say where everything lives on the machine; create nothing."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

from tidewheel_dev import errors

__all__ = ["REPOSITORY", "ClusterPaths", "cache_folder", "cluster_name", "cluster_paths"]

REPOSITORY = Path(__file__).resolve().parents[3]

_NAME = re.compile(r"[a-z]([a-z0-9-]{0,30}[a-z0-9])?")
# Linux allows 15 characters in an interface name; our longest suffix is "-host".
_LONGEST_LINK_PREFIX = 10


@dataclass(frozen=True, slots=True)
class ClusterPaths:
    """The folders of one cluster.

    `state` survives a reboot. `run` does not, and is short, because a unix socket's path must fit
    into 108 bytes.
    """

    name: str
    state: Path
    run: Path

    @property
    def link_prefix(self) -> str:
        """Return the start of this cluster's interface names."""
        if len(self.name) <= _LONGEST_LINK_PREFIX:
            return self.name
        return self.name[:5] + hashlib.sha256(self.name.encode()).hexdigest()[:5]

    @property
    def kubeconfig(self) -> Path:
        """Return the administrator's kubeconfig."""
        return self.state / "kubeconfig"

    @property
    def pki(self) -> Path:
        """Return the folder of keys and certificates."""
        return self.state / "pki"

    @property
    def config(self) -> Path:
        """Return the folder of generated configuration files."""
        return self.state / "config"

    @property
    def logs(self) -> Path:
        """Return the folder with one log file per process."""
        return self.state / "logs"

    @property
    def processes(self) -> Path:
        """Return the folder with one record per process that we started."""
        return self.state / "processes"

    @property
    def containerd_socket(self) -> Path:
        """Return the socket that kubelet and image imports talk to."""
        return self.run / "containerd.sock"

    @property
    def network_namespace(self) -> Path:
        """Return the file that names the cluster's network namespace."""
        return Path("/run/netns") / self.name


def cluster_name() -> str:
    """Return the name from TIDEWHEEL_CLUSTER, or `tidewheel`."""
    name = os.environ.get("TIDEWHEEL_CLUSTER") or "tidewheel"
    if not _NAME.fullmatch(name):
        raise errors.DevError(
            f"TIDEWHEEL_CLUSTER is {name!r}; use 1 to 32 lower-case letters, digits and hyphens"
        )
    return name


def cluster_paths(name: str | None = None) -> ClusterPaths:
    """Return the folders of the cluster `name`, by default the one of the environment."""
    name = name or cluster_name()
    given = os.environ.get("TIDEWHEEL_STATE")
    state = Path(given) if given else Path.home() / ".local/state/tidewheel" / name
    return ClusterPaths(name=name, state=state.absolute(), run=Path("/run/tidewheel") / name)


def cache_folder() -> Path:
    """Return the folder for what is built or downloaded once."""
    given = os.environ.get("TIDEWHEEL_CACHE")
    return (Path(given) if given else Path.home() / ".cache/tidewheel").absolute()
