"""Login for kopf's watches: the pod's service account, else the kubeconfig."""

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

import kopf

__all__ = ["login"]

# Tokens of pods are rotated; kopf reads its own only once unless it is told to come back.
_LIFETIME = timedelta(minutes=10)


def login(**kwargs: Any) -> kopf.ConnectionInfo | None:  # noqa: ANN401 - kopf's calling convention
    """Return credentials that kopf asks for again before they can expire."""
    found = kopf.login_with_service_account(**kwargs)
    if found is None:
        return kopf.login_with_kubeconfig(**kwargs)
    return dataclasses.replace(found, expiration=datetime.now(UTC) + _LIFETIME)
