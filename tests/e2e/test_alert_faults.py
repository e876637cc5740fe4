"""The alert webhook answers every bad request in JSON; what good alerts open is in test_loop."""

import json
from typing import Any

import pytest
from tests.e2e.installation import ALERT_NAMESPACE

from tidewheel_dev.demo import alerts, web
from tidewheel_dev.demo.context import OPERATOR_NAMESPACE, Site

PATH = f"/alerts/{ALERT_NAMESPACE}"
MEGABYTE = 1024 * 1024


@pytest.fixture
def webhook(alert_token: str, site: Site) -> str:
    """Return the URL of the webhook of the installed operator."""
    return site.reach.url(OPERATOR_NAMESPACE, "tidewheel", alerts.ALERT_PORT)


def _post(url: str, path: str, body: bytes, token: str) -> tuple[int, Any]:
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


def test_namespace_that_the_token_does_not_name_is_refused(webhook: str, alert_token: str) -> None:
    status, answer = _post(webhook, "/alerts/kube-system", _alert(), alert_token)

    message = "this token does not reach namespace 'kube-system'"
    assert (status, answer) == (403, {"error": message})


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        pytest.param(_alert(version="3"), 400, "version", id="another version"),
        pytest.param(b"{", 400, "JSON", id="no JSON"),
        pytest.param(_alert(padding="x" * MEGABYTE), 413, "bytes", id="one megabyte"),
    ],
)
def test_bad_bodies_are_refused(
    webhook: str, alert_token: str, body: bytes, status: int, words: str
) -> None:
    answered, answer = _post(webhook, PATH, body, alert_token)

    assert answered == status
    assert words in answer["error"]


def test_labels_that_name_no_pipeline_are_not_ours(webhook: str, alert_token: str) -> None:
    status, answer = _post(webhook, PATH, _alert(pipeline="nobody"), alert_token)

    assert status == 200
    assert [result["outcome"] for result in answer["results"]] == ["NotOurs"]
