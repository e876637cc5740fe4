"""Installing what all end-to-end tests share: the chart, and one store."""

import base64
import json
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.e2e.lab import Run

from tidewheel_dev import paths, wait
from tidewheel_dev.demo.bucket import Bucket, open_bucket

if TYPE_CHECKING:
    from tidewheel_dev.cluster import ClusterHandle

Object = dict[str, Any]

NAMESPACE = "tidewheel-system"
# Fixed, because the kubelet takes a minute to bring a changed token file to the operator.
ALERT_NAMESPACE = "e2e-alerts"
ALERT_TOKEN = "a-token-of-the-end-to-end-tests"


@dataclass(frozen=True, slots=True)
class SharedStore:
    """A SeaweedFS that every namespace may use."""

    endpoint: str
    bucket: Bucket
    access_key: str
    secret_key: str

    def secret(self, name: str) -> Object:
        """Return the Secret that opens the store."""
        return {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": name},
            "stringData": {
                "AWS_ACCESS_KEY_ID": self.access_key,
                "AWS_SECRET_ACCESS_KEY": self.secret_key,
            },
        }


def install(cluster: "ClusterHandle", kubectl: Run) -> None:
    """Install or upgrade the chart with the images of this checkout and wait for it."""
    _make_namespace(kubectl)
    tokens = {"tokens": [{"token": ALERT_TOKEN, "namespaces": [ALERT_NAMESPACE]}]}
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "alert-tokens", "namespace": NAMESPACE},
        "stringData": {"tokens.json": json.dumps(tokens)},
    }
    kubectl("apply", "-f", "-", stdin=json.dumps(secret), check=True)
    done = subprocess.run(_helm(cluster), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    # The images have the same tag after every build, so only a restart takes the newest.
    kubectl("-n", NAMESPACE, "rollout", "restart", "deployment/tidewheel", check=True)
    kubectl(
        "-n", NAMESPACE, "rollout", "status", "deployment/tidewheel", "--timeout=120s", check=True
    )


def start_store(kubectl: Run, namespace: str) -> SharedStore:
    """Start the store of examples/seaweedfs.yaml and wait until it serves."""
    example = str(paths.REPOSITORY / "examples" / "seaweedfs.yaml")
    kubectl("-n", namespace, "apply", "-f", example, check=True)
    kubectl(
        "-n", namespace, "rollout", "status", "deployment/seaweedfs", "--timeout=120s", check=True
    )
    service = json.loads(
        kubectl("-n", namespace, "get", "service", "seaweedfs", "-o", "json", check=True).stdout
    )
    secret = json.loads(
        kubectl("-n", namespace, "get", "secret", "tidewheel-s3", "-o", "json", check=True).stdout
    )
    keys = {name: base64.b64decode(value).decode() for name, value in secret["data"].items()}
    access_key, secret_key = keys["AWS_ACCESS_KEY_ID"], keys["AWS_SECRET_ACCESS_KEY"]
    bucket = open_bucket(
        f"http://{service['spec']['clusterIP']}:8333", "tidewheel", access_key, secret_key
    )
    _wait_for_bucket(bucket)
    return SharedStore(f"http://seaweedfs.{namespace}.svc:8333", bucket, access_key, secret_key)


def _wait_for_bucket(bucket: Bucket) -> None:
    from botocore.exceptions import BotoCoreError, ClientError

    def missing() -> str | None:
        try:
            bucket.put("ready", b"")
        except (BotoCoreError, ClientError) as error:
            return str(error)
        return None

    wait.until("the bucket", missing, timeout_seconds=60, interval_seconds=1)


def _make_namespace(kubectl: Run) -> None:
    manifest = {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {
            "name": NAMESPACE,
            "labels": {"pod-security.kubernetes.io/enforce": "restricted"},
        },
    }
    kubectl("apply", "-f", "-", stdin=json.dumps(manifest), check=True)


def _helm(cluster: "ClusterHandle") -> list[str]:
    values = {"alerts.tokensSecret": "alert-tokens"}
    for program in ("operator", "trainer", "server"):
        values[f"{program}.image.registry"] = "localhost"
        values[f"{program}.image.repository"] = f"tidewheel-{program}"
        values[f"{program}.image.tag"] = "dev"
    chart = str(paths.REPOSITORY / "charts" / "tidewheel")
    # Other tests may have applied the CRDs by hand; Helm takes them over.
    argv = [str(cluster.helm), "upgrade", "--install", "tidewheel", chart]
    argv += ["--namespace", NAMESPACE, f"--kubeconfig={cluster.kubeconfig}", "--take-ownership"]
    for key, value in values.items():
        argv += ["--set", f"{key}={value}"]
    return argv
