"""The store that all end-to-end tests share, and namespaces that use it."""

import base64
import json
from dataclasses import dataclass
from typing import Any

from tests.e2e.lab import Lab, Run

from tidewheel_contracts.api.v1alpha1.artifact_store import ArtifactStoreSpec
from tidewheel_dev import paths
from tidewheel_dev.demo.bucket import Bucket, open_bucket

Object = dict[str, Any]

# Fixed, because the kubelet takes a minute to bring a changed token file to the operator.
ALERT_NAMESPACE = "e2e-alerts"
LOOP_NAMESPACE = "e2e-loop"
# Stores in namespaces of their own, which an administrator has to list.
EGRESS = ("*.svc:8333", "minio.delivery.svc:9000")


@dataclass(frozen=True, slots=True)
class SharedStore:
    """A SeaweedFS that every namespace may use."""

    endpoint: str
    bucket: Bucket
    keys: dict[str, str]

    def secret(self, name: str) -> Object:
        """Return the Secret that opens the store."""
        return {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": name},
            "stringData": self.keys,
        }


def start_store(kubectl: Run, namespace: str) -> SharedStore:
    """Start the store of examples/seaweedfs.yaml; it is ready when its bucket is."""
    example = str(paths.REPOSITORY / "examples" / "seaweedfs.yaml")
    there = ("-n", namespace)
    kubectl(*there, "apply", "-f", example, check=True)
    kubectl(*there, "rollout", "status", "deployment/seaweedfs", "--timeout=120s", check=True)
    service = json.loads(
        kubectl(*there, "get", "service", "seaweedfs", "-o", "json", check=True).stdout
    )
    secret = json.loads(
        kubectl(*there, "get", "secret", "tidewheel-s3", "-o", "json", check=True).stdout
    )
    keys = {name: base64.b64decode(value).decode() for name, value in secret["data"].items()}
    address = f"http://{service['spec']['clusterIP']}:8333"
    bucket = open_bucket(
        address, "tidewheel", keys["AWS_ACCESS_KEY_ID"], keys["AWS_SECRET_ACCESS_KEY"]
    )
    return SharedStore(f"http://seaweedfs.{namespace}.svc:8333", bucket, keys)


def furnish(namespace: str, kubectl: Run, store: SharedStore) -> Lab:
    """Bring credentials and an ArtifactStore into a namespace."""
    lab = Lab(namespace, kubectl, store.bucket)
    lab.create_object(store.secret("tidewheel-s3"))
    lab.create(
        "ArtifactStore",
        "default",
        ArtifactStoreSpec(
            endpoint=store.endpoint,
            bucket=store.bucket.name,
            prefix=f"tidewheel-{namespace}",
            secret_name="tidewheel-s3",
        ),
    )
    return lab
