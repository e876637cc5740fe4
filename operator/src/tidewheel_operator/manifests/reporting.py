"""Jobs that report: where to, and by which token."""

from typing import Any

from tidewheel_contracts.report import REPORT_AUDIENCE, REPORT_TOKEN_PATH, REPORT_VARIABLE
from tidewheel_operator.manifests.mounting import mounted

__all__ = ["reporting"]

Object = dict[str, Any]

_FOLDER, _FILE = REPORT_TOKEN_PATH.rsplit("/", 1)
# The shortest that Kubernetes gives; the kubelet renews the file in time.
_TOKEN_SECONDS = 600


def reporting(job: Object, url: str) -> Object:
    """Return a Job of ours whose pods may report to a URL.

    The token opens nothing but that: it is made for our audience, and bound to its pod.
    """
    source = {
        "serviceAccountToken": {
            "audience": REPORT_AUDIENCE,
            "expirationSeconds": _TOKEN_SECONDS,
            "path": _FILE,
        }
    }
    volume = {"name": "report-token", "projected": {"sources": [source]}}
    return mounted(job, volume, _FOLDER, REPORT_VARIABLE, url)
