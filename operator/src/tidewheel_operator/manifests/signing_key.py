"""The private key that signs models, for the one Job of a run that publishes some."""

from typing import Any

from tidewheel_contracts.api.v1alpha1.signing import SIGNING_KEY_ENTRY
from tidewheel_contracts.job import SIGNING_KEY_VARIABLE
from tidewheel_operator.manifests.mounting import mounted

__all__ = ["with_signing_key"]

Object = dict[str, Any]

_FOLDER = "/etc/tidewheel-signing"
# Read by the pod's own group, and by nobody else.
_SECRET_MODE = 0o440


def with_signing_key(job: Object, secret_name: str) -> Object:
    """Return a Job of ours with the private key of a Secret as a file.

    The kubelet reads the Secret, not we. A pod whose volume has no Secret waits without a word of
    why, so the program starts without it and says which Secret is missing.
    """
    volume = {
        "name": "signing-key",
        "secret": {
            "secretName": secret_name,
            "defaultMode": _SECRET_MODE,
            "optional": True,
            "items": [{"key": SIGNING_KEY_ENTRY, "path": SIGNING_KEY_ENTRY}],
        },
    }
    path = f"{_FOLDER}/{SIGNING_KEY_ENTRY}"
    return mounted(job, volume, _FOLDER, SIGNING_KEY_VARIABLE, path)
