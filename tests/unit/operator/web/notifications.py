"""Notifications, answers, and a loop that they are about."""

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp.test_utils import TestClient, TestServer
from tests.builders import (
    Object,
    make_dataset,
    make_pipeline,
    make_snapshot,
)
from tests.unit.operator.policies.loops import learned
from tests.unit.operator.reconcile.worlds import NotingApi, make_world

from tidewheel_contracts.api.v1alpha1.dataset import DatasetStatus
from tidewheel_operator.manifests.names import digest_of
from tidewheel_operator.reconcile.world import World

TOKEN = "0123456789abcdef"
GROUP = '{}:{alertname="Slump"}'
UNKNOWN = "a known bearer token is needed"
Answer = tuple[int, Any]


def alert(fingerprint: str = "a1", status: str = "firing", **own_labels: str) -> Object:
    """Return an alert as Alertmanager 0.25 sends it."""
    return {
        "status": status,
        "labels": own_labels or {"pipeline": "flight-delay"},
        "annotations": {"summary": "roc_auc fell"},
        "startsAt": "2026-11-21T11:58:00.123Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus.test/graph",
        "fingerprint": fingerprint,
    }


def payload(*alerts: Object, **changes: Any) -> Object:
    """Return a notification of version 4."""
    return {
        "version": "4",
        "groupKey": GROUP,
        "truncatedAlerts": 0,
        "status": "firing",
        "receiver": "tidewheel",
        "groupLabels": {},
        "commonLabels": {},
        "commonAnnotations": {},
        "externalURL": "http://alertmanager.test",
        "alerts": list(alerts),
        **changes,
    }


def run_name(fingerprint: str = "a1") -> str:
    """Return the name of the run that an alert opens."""
    cause = digest_of(f"{GROUP}\n{fingerprint}\n{alert()['startsAt']}")
    text = f"modelpipeline-flight-delay-1\nAlert\n{cause}"
    return f"flight-delay-{digest_of(text)[7:17]}"


def make_loop(*others: Object, **pipeline: Any) -> tuple[World, NotingApi]:
    """Return a world with a loop that has learned 1000 of now 1100 rows."""
    snapshot = make_snapshot("snapshot two", 1100)
    dataset = make_dataset(status=DatasetStatus(snapshot=snapshot))
    return make_world(dataset, make_pipeline(status=learned(), **pipeline), *others)


Post = Callable[..., list[Answer]]


async def with_client(
    server: TestServer, scenario: Callable[[TestClient[Any, Any]], Awaitable[list[Answer]]]
) -> list[Answer]:
    async with TestClient(server) as client:
        return await scenario(client)


def result(outcome: str, message: str, fingerprint: str = "a1", run: str = "") -> Object:
    entry = {"fingerprint": fingerprint, "outcome": outcome, "message": message}
    return {**entry, "run": run} if run else entry


def answered(*results: Object, truncated: int = 0) -> Answer:
    return (200, {"results": list(results), "truncatedAlerts": truncated})


OPENED = result("Opened", "a run is queued", run=run_name())
DUPLICATE = result("Duplicate", "this alert has its run", run=run_name())
NOT_OURS = "no label `pipeline` or `model` names a ModelPipeline of this namespace"
