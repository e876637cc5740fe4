"""Bring the operator into a cluster with Helm, with a token for whoever sends alerts."""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import secrets
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from tidewheel_dev import api, command, images, paths, progress
from tidewheel_dev.demo import readiness
from tidewheel_dev.demo.context import OPERATOR_NAMESPACE, Site

__all__ = ["chart_values", "install_operator", "token_file"]

RELEASE = "tidewheel"

_TOKENS_SECRET = "tidewheel-alert-tokens"  # noqa: S105 - the name of a Secret
_READY_SECONDS = 180.0


def install_operator(
    site: Site, alert_namespaces: Sequence[str], egress: Sequence[str] = ()
) -> str:
    """Install or renew the operator and return the token that opens its alert webhook.

    Args:
        site: the cluster.
        alert_namespaces: what the token reaches.
        egress: hosts inside the cluster that Jobs of other namespaces may connect to.
    """
    with progress.step("install the operator with Helm"):
        _ensure_namespace(site)
        tokens = token_file(_known_tokens(site), alert_namespaces)
        site.kubectl.apply([_tokens_secret(tokens)], OPERATOR_NAMESPACE)
        _helm_upgrade(site, chart_values(_image_ids(), tokens, egress))
    with progress.step("wait for the operator"):
        readiness.deployment_ready(
            site.api, OPERATOR_NAMESPACE, RELEASE, timeout_seconds=_READY_SECONDS
        )
    return str(json.loads(tokens)["tokens"][0]["token"])


def token_file(known: str | None, namespaces: Sequence[str]) -> str:
    """Return the content of tokens.json; a token that is known stays, and so do its namespaces."""
    first = json.loads(known)["tokens"][0] if known else {}
    token = first.get("token") or secrets.token_urlsafe(32)
    reachable = sorted({*first.get("namespaces", ()), *namespaces})
    return json.dumps({"tokens": [{"token": token, "namespaces": reachable}]})


def chart_values(
    image_ids: Sequence[str], tokens: str, egress: Sequence[str] = ()
) -> dict[str, Any]:
    """Return the chart's values.

    Images keep their tag and a changed Secret reaches a pod late, so both are part of the pod's
    annotations: the operator starts anew when one of them has changed.
    """
    digest = hashlib.sha256(tokens.encode()).hexdigest()
    annotations = {
        "tidewheel.dev/images": hashlib.sha256(" ".join(image_ids).encode()).hexdigest()[:16],
        "tidewheel.dev/alert-tokens": digest[:16],
    }
    return {
        "operator": {"image": _image("operator"), "podAnnotations": annotations},
        "trainer": {"image": _image("trainer")},
        "server": {"image": _image("server")},
        "alerts": {"tokensSecret": _TOKENS_SECRET},
        "egress": {"allow": list(egress)},
        "kueue": {"enabled": True},
    }


def _image(name: str) -> dict[str, str]:
    return {"registry": "localhost", "repository": f"tidewheel-{name}", "tag": "dev"}


def _image_ids() -> list[str]:
    """Return the ids of the images that were built here; none when Docker built them."""
    listing = paths.cache_folder() / "images.json"
    if not listing.exists():
        return []
    wanted = {image.tag for image in images.with_dockerfile()}
    return [entry["id"] for entry in json.loads(listing.read_text()) if entry["name"] in wanted]


def _ensure_namespace(site: Site) -> None:
    namespace = {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {
            "name": OPERATOR_NAMESPACE,
            "labels": {"pod-security.kubernetes.io/enforce": "restricted"},
        },
    }
    site.kubectl.apply([namespace], OPERATOR_NAMESPACE)


def _known_tokens(site: Site) -> str | None:
    path = f"/api/v1/namespaces/{OPERATOR_NAMESPACE}/secrets/{_TOKENS_SECRET}"
    try:
        found = site.api.get(path)
    except api.RefusedError as err:
        if err.status == http.client.NOT_FOUND:
            return None
        raise
    return base64.b64decode(found["data"]["tokens.json"]).decode()


def _tokens_secret(tokens: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": _TOKENS_SECRET},
        "stringData": {"tokens.json": tokens},
    }


def _helm_upgrade(site: Site, values: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "values.yaml"
        file.write_text(yaml.safe_dump(values))
        where = [f"--kubeconfig={site.kubeconfig}", f"--namespace={OPERATOR_NAMESPACE}"]
        # Whoever applied the definitions of the kinds by hand before has no reason to keep them.
        owner = ["--take-ownership", "--force-conflicts"]
        chart = str(paths.REPOSITORY / "charts/tidewheel")
        source = [RELEASE, chart, f"--values={file}", "--reset-values"]
        command.run([site.helm, "upgrade", "--install", *source, *where, *owner])
