"""The parts that all our pods share: restricted security, request file, credentials, resources."""

from typing import Any

from tidewheel_contracts import labels
from tidewheel_contracts.api.v1alpha1.common import Resources
from tidewheel_contracts.job import REQUEST_PATH

__all__ = [
    "canonical_quantity",
    "container_resources",
    "credentials",
    "program_container",
    "program_pod",
]

Object = dict[str, Any]

_USER = 65532
_MILLI_PER_CORE = 1000
_UNITS = ("Mi", "Gi", "Ti", "Pi", "Ei")
_STEP = 1024
_SECRET_KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")


def container_resources(resources: Resources) -> Object:
    """Return requests and limits in the form that the API server gives back unchanged."""
    milli = resources.cpu_milli
    cpu = str(milli // _MILLI_PER_CORE) if milli % _MILLI_PER_CORE == 0 else f"{milli}m"
    memory = canonical_quantity(resources.memory)
    return {"requests": {"cpu": cpu, "memory": memory}, "limits": {"memory": memory}}


def canonical_quantity(quantity: str) -> str:
    """Return a quantity in the largest unit that it is a whole number of."""
    number, unit = int(quantity[:-2]), _UNITS.index(quantity[-2:])
    while number % _STEP == 0 and unit + 1 < len(_UNITS):
        number, unit = number // _STEP, unit + 1
    return f"{number}{_UNITS[unit]}"


def credentials(secret_name: str) -> list[Object]:
    """Return the store's keys as environment variables; the kubelet reads the Secret, not we."""
    return [
        {"name": key, "valueFrom": {"secretKeyRef": {"name": secret_name, "key": key}}}
        for key in _SECRET_KEYS
    ]


def program_container(
    *, image: str, pull_policy: str, secret_name: str, resources: Resources
) -> Object:
    """Return the container of one of our programs, under Pod Security `restricted`."""
    return {
        "name": "main",
        "image": image,
        "imagePullPolicy": pull_policy,
        "env": credentials(secret_name),
        "resources": container_resources(resources),
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [
            {
                "name": "request",
                "mountPath": REQUEST_PATH.rsplit("/", 1)[0],
                "readOnly": True,
            },
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 - the pod's own emptyDir
        ],
    }


def program_pod(container: Object, scratch: str | None = None) -> Object:
    """Return the pod spec around a program: no token, no root, its request as a file.

    Args:
        container: the program's container.
        scratch: most bytes that the program may have on disk; as much as the node has without it.
    """
    return {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": _USER,
            "runAsGroup": _USER,
            "fsGroup": _USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [container],
        "volumes": [
            {
                "name": "request",
                "downwardAPI": {
                    "items": [
                        {
                            "path": REQUEST_PATH.rsplit("/", 1)[1],
                            "fieldRef": {
                                "apiVersion": "v1",
                                "fieldPath": f"metadata.annotations['{labels.REQUEST}']",
                            },
                        }
                    ]
                },
            },
            {"name": "tmp", "emptyDir": _empty_dir(scratch)},
        ],
    }


def _empty_dir(scratch: str | None) -> Object:
    return {} if scratch is None else {"sizeLimit": canonical_quantity(scratch)}
