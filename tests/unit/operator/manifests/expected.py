"""What all manifests share, as it must be sent."""

import json
from typing import Any

from tests.builders import Object

from tidewheel_contracts import labels
from tidewheel_operator.manifests.names import digest_of

# The pod of a Job, which is the pattern of every other.
POD: dict[str, Any] = {
    "automountServiceAccountToken": False,
    "enableServiceLinks": False,
    "restartPolicy": "Never",
    "securityContext": {
        "runAsNonRoot": True,
        "runAsUser": 65532,
        "runAsGroup": 65532,
        "fsGroup": 65532,
        "seccompProfile": {"type": "RuntimeDefault"},
    },
    "containers": [
        {
            "name": "main",
            "image": "registry.test/trainer:1",
            "imagePullPolicy": "IfNotPresent",
            "args": ["collect"],
            "env": [
                {
                    "name": "AWS_ACCESS_KEY_ID",
                    "valueFrom": {"secretKeyRef": {"name": "s3-keys", "key": "AWS_ACCESS_KEY_ID"}},
                },
                {
                    "name": "AWS_SECRET_ACCESS_KEY",
                    "valueFrom": {
                        "secretKeyRef": {"name": "s3-keys", "key": "AWS_SECRET_ACCESS_KEY"}
                    },
                },
            ],
            "resources": {
                "requests": {"cpu": "500m", "memory": "2Gi"},
                "limits": {"memory": "2Gi"},
            },
            "terminationMessagePath": "/dev/termination-log",
            "terminationMessagePolicy": "FallbackToLogsOnError",
            "securityContext": {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            },
            "volumeMounts": [
                {"name": "request", "mountPath": "/etc/tidewheel", "readOnly": True},
                {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 - inside the pod
            ],
        }
    ],
    "volumes": [
        {
            "name": "request",
            "downwardAPI": {
                "items": [
                    {
                        "path": "request.json",
                        "fieldRef": {
                            "apiVersion": "v1",
                            "fieldPath": "metadata.annotations['tidewheel.dev/request']",
                        },
                    }
                ]
            },
        },
        {"name": "tmp", "emptyDir": {}},
    ],
}


# What a program of a Job may connect to, in namespace `ml` of a cluster with the usual settings.
EGRESS = {
    "name": "TIDEWHEEL_EGRESS",
    "value": '{"allow":[],"clusterRanges":["10.96.0.0/12","10.244.0.0/16"],"namespace":"ml"}',
}


def without_hash(item: Object) -> Object:
    """Return the manifest before its hash was added, having checked the hash."""
    others = dict(item["metadata"]["annotations"])
    hashed = others.pop(labels.MANIFEST_HASH)
    metadata = {key: value for key, value in item["metadata"].items() if key != "annotations"}
    bare = {**item, "metadata": {**metadata, "annotations": others} if others else metadata}
    assert hashed == digest_of(json.dumps(bare, sort_keys=True, separators=(",", ":")))
    return bare
