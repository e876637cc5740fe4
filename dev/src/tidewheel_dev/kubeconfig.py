"""Build kubeconfig files, as data; pure."""

from __future__ import annotations

import base64
from typing import Any

__all__ = ["kubeconfig"]


def kubeconfig(
    *, cluster: str, server: str, ca: bytes, certificate: bytes, key: bytes
) -> dict[str, Any]:
    """Return a kubeconfig that holds everything it needs, so that the file can be copied."""
    authority = {"server": server, "certificate-authority-data": _base64(ca)}
    user = {"client-certificate-data": _base64(certificate), "client-key-data": _base64(key)}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": cluster, "cluster": authority}],
        "users": [{"name": cluster, "user": user}],
        "contexts": [{"name": cluster, "context": {"cluster": cluster, "user": cluster}}],
        "current-context": cluster,
    }


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()
