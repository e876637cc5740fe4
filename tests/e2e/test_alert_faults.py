"""The alert webhook answers every bad request in JSON; what alerts open is in test_loop."""

import json
from typing import Any

from tests.e2e import installation

from tidewheel_dev.demo import alerts, web

PATH = f"/alerts/{installation.ALERT_NAMESPACE}"
MEGABYTE = 1024 * 1024


def _post(
    url: str, path: str, body: bytes, token: str = installation.ALERT_TOKEN
) -> tuple[int, Any]:
    answer = web.post(url, path, body, {"Authorization": f"Bearer {token}"})
    return answer.status, json.loads(answer.text)


def _alert(pipeline: str = "flight-delay", **changes: object) -> bytes:
    payload = alerts.payload(
        starts_at="2026-11-25T00:00:00Z", fingerprint="f00d", pipeline=pipeline
    )
    return json.dumps(payload | changes).encode()


def test_wrong_token_is_refused(webhook: str) -> None:
    status, answer = _post(webhook, PATH, _alert(), "wrong-token")

    assert (status, answer) == (401, {"error": "a known bearer token is needed"})


def test_namespace_that_the_token_does_not_name_is_refused(webhook: str) -> None:
    status, answer = _post(webhook, "/alerts/kube-system", _alert())

    assert status == 403
    assert "kube-system" in answer["error"]


def test_bad_bodies_are_refused(webhook: str) -> None:
    assert _post(webhook, PATH, _alert(version="3"))[0] == 400
    assert "version" in _post(webhook, PATH, _alert(version="3"))[1]["error"]
    assert _post(webhook, PATH, b"{")[0] == 400
    assert _post(webhook, PATH, _alert(padding="x" * MEGABYTE))[0] == 413
    status, answer = _post(webhook, PATH, _alert(pipeline="nobody"))
    assert status == 200
    assert [result["outcome"] for result in answer["results"]] == ["NotOurs"]
