"""Liveness, readiness and metrics."""

import asyncio

import pytest
from aiohttp.test_utils import TestClient, TestServer

from tidewheel_operator.runtime.metrics import WRITES
from tidewheel_operator.web.health import Health, health_app


def got(health: Health, path: str) -> tuple[int, str, str]:
    """Return status, content type and body."""

    async def scenario() -> tuple[int, str, str]:
        async with TestClient(TestServer(health_app(health))) as client:
            response = await client.get(path)
            return response.status, response.content_type, await response.text()

    return asyncio.run(scenario())


@pytest.mark.parametrize(
    ("health", "path", "status", "body"),
    [
        pytest.param(Health(), "/healthz", 200, '{"alive": true}', id="it lives from the start"),
        pytest.param(
            Health(), "/readyz", 503, '{"waitingFor": "start"}', id="it is not ready at the start"
        ),
        pytest.param(
            Health(waiting_for="CustomResourceDefinitions: x"),
            "/readyz",
            503,
            '{"waitingFor": "CustomResourceDefinitions: x"}',
            id="it says what it waits for",
        ),
        pytest.param(
            Health(waiting_for="", leader=lambda: "operator-1"),
            "/readyz",
            200,
            '{"ready": true, "leader": "operator-1"}',
            id="it is ready whoever leads",
        ),
        pytest.param(
            Health(complaints=lambda: ["no word of Job objects for 901 seconds"]),
            "/healthz",
            503,
            '{"alive": false, "complaints": ["no word of Job objects for 901 seconds"]}',
            id="it asks to be replaced and says why",
        ),
    ],
)
def test_health(health: Health, path: str, status: int, body: str) -> None:
    assert got(health, path) == (status, "application/json", body)


def test_metrics_are_told_as_prometheus_reads_them() -> None:
    WRITES.labels("Dataset", "status").inc()

    status, content_type, text = got(Health(), "/metrics")

    assert (status, content_type) == (200, "text/plain")
    assert 'tidewheel_writes_total{action="status",kind="Dataset"}' in text


def test_unknown_path_is_not_found() -> None:
    assert got(Health(), "/other")[0] == 404
