"""Bring up the cluster that the demo was asked to run on."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tidewheel_dev import api, cluster, errors, kind
from tidewheel_dev.demo.context import Site, site_of
from tidewheel_dev.demo.kubectl import Kubectl
from tidewheel_dev.demo.reach import ByAddress, through_kubectl

__all__ = ["CLUSTERS", "open_site"]

CLUSTERS = ("embedded", "kind")


@contextmanager
def open_site(which: str) -> Iterator[Site]:
    """Build what is missing, start the cluster with all images in it, and return how to get there.

    The cluster stays when the block ends; only helper processes of this machine do not.
    """
    if which == "embedded":
        yield _embedded()
        return
    kubeconfig = kind.up()
    kubectl, helm = _program("kubectl"), _program("helm")
    with through_kubectl(Kubectl(kubectl, kubeconfig)) as reach:
        yield site_of(kubeconfig, kubectl, helm, reach)


def _embedded() -> Site:
    handle = cluster.up_with_images()
    reach = ByAddress(api.connect(handle.kubeconfig))
    return site_of(handle.kubeconfig, handle.kubectl, handle.helm, reach)


def _program(name: str) -> Path:
    found = shutil.which(name)
    if found is None:
        raise errors.DevError(f"CLUSTER=kind needs `{name}` on this machine")
    return Path(found)
