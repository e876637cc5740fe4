"""Make a fresh namespace with a store in it, and open that store."""

from __future__ import annotations

import http.client
from pathlib import Path
from typing import Any

import yaml

from tidewheel_dev import api, paths, progress, wait
from tidewheel_dev.demo import flights, readiness
from tidewheel_dev.demo.bucket import Bucket, open_bucket
from tidewheel_dev.demo.context import Demo, Site

__all__ = ["EXAMPLES", "documents", "fresh_namespace", "open_demo"]

EXAMPLES = paths.REPOSITORY / "examples"

_STORE_SERVICE = "seaweedfs"
_STORE_PORT = 8333
_READY_SECONDS = 120.0
_GONE_SECONDS = 180.0


def open_demo(site: Site, namespace: str, alert_token: str) -> Demo:
    """Return a demo in a namespace that was made anew, with its store ready."""
    with progress.step(f"make namespace '{namespace}' with an S3 store"):
        fresh_namespace(site, namespace)
        bucket = _store(site, namespace)
    with progress.step("read the flights of 2013"):
        year = flights.load()
    return Demo(site, namespace, bucket, alert_token, year)


def fresh_namespace(site: Site, namespace: str) -> None:
    """Create a namespace; one of an earlier run goes first, with everything in it."""
    path = f"/api/v1/namespaces/{namespace}"

    def remains() -> str | None:
        try:
            found = site.api.get(path)
        except api.RefusedError as err:
            if err.status == http.client.NOT_FOUND:
                return None
            raise
        except OSError as err:
            return f"the API server does not answer: {err}"
        told = [item.get("message", "") for item in found["status"].get("conditions", ())]
        return "it is still there; " + " ".join(told)

    if remains() is not None:
        site.kubectl.run("delete", "namespace", namespace, "--wait=false")
        wait.until(
            f"the end of the old namespace '{namespace}'",
            remains,
            timeout_seconds=_GONE_SECONDS,
            interval_seconds=0.5,
        )
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    site.kubectl.apply(
        [
            {
                "apiVersion": "v1",
                "kind": "Namespace",
                "metadata": {"name": namespace, "labels": labels},
            }
        ],
        namespace,
    )


def documents(*files: str) -> list[dict[str, Any]]:
    """Return the objects of some files below examples/."""
    texts = [Path(EXAMPLES / file).read_text() for file in files]
    return [document for text in texts for document in yaml.safe_load_all(text)]


def _store(site: Site, namespace: str) -> Bucket:
    objects = documents("seaweedfs.yaml", "flights/artifact-store.yaml")
    site.kubectl.apply(objects, namespace)
    readiness.deployment_ready(site.api, namespace, _STORE_SERVICE, timeout_seconds=_READY_SECONDS)
    store = next(item["spec"] for item in objects if item["kind"] == "ArtifactStore")
    keys = next(
        item["stringData"]
        for item in objects
        if item["kind"] == "Secret" and item["metadata"]["name"] == store["secretName"]
    )
    url = site.reach.url(namespace, _STORE_SERVICE, _STORE_PORT)
    return open_bucket(
        url, store["bucket"], keys["AWS_ACCESS_KEY_ID"], keys["AWS_SECRET_ACCESS_KEY"]
    )
