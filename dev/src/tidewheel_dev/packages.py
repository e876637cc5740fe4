"""Install the Debian packages that the cluster and the image builds need."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from tidewheel_dev import command, errors, progress

__all__ = ["CLUSTER", "IMAGES", "ensure", "missing", "require_root"]

# Package name, and one file that proves it is there: looking costs nothing, dpkg costs a process.
CLUSTER = {
    "conntrack": Path("/usr/sbin/conntrack"),
    "containerd": Path("/usr/bin/containerd"),
    "containernetworking-plugins": Path("/usr/lib/cni/bridge"),
    "iproute2": Path("/usr/bin/ip"),
    "nftables": Path("/usr/sbin/nft"),
    "runc": Path("/usr/sbin/runc"),
    "util-linux": Path("/usr/bin/nsenter"),
}
IMAGES = {
    "buildah": Path("/usr/bin/buildah"),
    "debootstrap": Path("/usr/sbin/debootstrap"),
}


def missing(wanted: dict[str, Path]) -> list[str]:
    """Return the packages whose file is not on this machine."""
    return sorted(name for name, proof in wanted.items() if not proof.exists())


def ensure(wanted: dict[str, Path]) -> None:
    """Install what is missing, and nothing when all is there."""
    absent = missing(wanted)
    if not absent:
        return
    require_root("install " + ", ".join(absent))
    if not Path("/usr/bin/apt-get").exists():
        raise errors.DevError(
            "the embedded cluster installs its packages with apt-get, on Debian or Ubuntu; "
            f"here install by hand: {', '.join(absent)}"
        )
    with progress.step("install " + ", ".join(absent)):
        _apt_get(["update"])
        _apt_get(["install", "--yes", "--no-install-recommends", *absent])


def require_root(purpose: str) -> None:
    """Stop early when the user lacks the right to `purpose`."""
    if os.geteuid() != 0:
        raise errors.DevError(
            f"root is needed to {purpose}; run as root, or use your Docker: make demo CLUSTER=kind"
        )


def _apt_get(arguments: Iterable[str]) -> None:
    # A second apt on the machine holds the lock for a while, so wait for it.
    argv = ["apt-get", "-o", "DPkg::Lock::Timeout=300", "--quiet", *arguments]
    command.run(argv, env={"DEBIAN_FRONTEND": "noninteractive"})
