"""Post to the operator's webhook what Alertmanager would post: its payload version 4."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from typing import Any

from tidewheel_dev import errors
from tidewheel_dev.demo import web
from tidewheel_dev.demo.context import OPERATOR_NAMESPACE, PIPELINE_NAME, Demo

__all__ = ["ALERT_PORT", "Outcome", "payload", "post"]

ALERT_PORT = 8090

_SERVICE = "tidewheel"
_NOT_RESOLVED = "0001-01-01T00:00:00Z"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the operator answered about one alert."""

    outcome: str
    message: str
    run: str


def payload(*, starts_at: str, fingerprint: str, pipeline: str = PIPELINE_NAME) -> dict[str, Any]:
    """Return the notification of one firing alert, as Alertmanager writes it."""
    labels = {"alertname": "FlightDelaySlump", "pipeline": pipeline, "severity": "warning"}
    annotations = {"summary": "Predictions of late flights became worse"}
    return {
        "version": "4",
        "groupKey": '{}:{alertname="FlightDelaySlump"}',
        "truncatedAlerts": 0,
        "status": "firing",
        "receiver": "tidewheel",
        "groupLabels": {"alertname": "FlightDelaySlump"},
        "commonLabels": labels,
        "commonAnnotations": annotations,
        "externalURL": "http://alertmanager.monitoring.svc:9093",
        "alerts": [
            {
                "status": "firing",
                "labels": labels,
                "annotations": annotations,
                "startsAt": starts_at,
                "endsAt": _NOT_RESOLVED,
                "generatorURL": "http://prometheus.monitoring.svc:9090/graph",
                "fingerprint": fingerprint,
            }
        ],
    }


def post(demo: Demo, alert: dict[str, Any]) -> Outcome:
    """Post one notification of one alert.

    Raises:
        DevError: the webhook refused it.
    """
    url = demo.site.reach.url(OPERATOR_NAMESPACE, _SERVICE, ALERT_PORT)
    headers = {"Authorization": f"Bearer {demo.alert_token}"}
    body = json.dumps(alert).encode()
    try:
        answer = web.post(url, f"/alerts/{demo.namespace}", body, headers)
    except (OSError, http.client.HTTPException) as err:
        raise errors.DevError(f"the operator's webhook at {url} does not answer: {err}") from err
    if answer.status != http.client.OK:
        raise errors.DevError(f"the webhook answered {answer.status}: {answer.text[:500]}")
    [result] = answer.document["results"]
    return Outcome(result["outcome"], result["message"], result.get("run", ""))
