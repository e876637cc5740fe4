"""The big world: many versions, and deployments that serve their newest, in a few namespaces."""

import time
from dataclasses import dataclass

from tests.bench.figures import rounded
from tests.bench.measured import Measured
from tests.bench.objects import make_ready_namespace, named_deployment, named_version
from tests.bench.server import BenchServer

from tidewheel_contracts.api.kind import GROUP, VERSION
from tidewheel_dev import wait

__all__ = ["NAMESPACES", "Rollout", "count_objects", "make_namespaces", "make_versions", "roll_out"]

NAMESPACES = tuple(f"world-{number}" for number in range(10))
_MODELS = 100
_DEADLINE_SECONDS = 600
_DEPLOYMENTS = f"/apis/{GROUP}/{VERSION}/modeldeployments"
_SELECTOR = "labelSelector=app.kubernetes.io/managed-by%3Dtidewheel"
# Everything that the operator keeps: its own kinds, and the children that carry its label.
_WATCHED = (
    *(
        f"/apis/{GROUP}/{VERSION}/{plural}"
        for plural in ("artifactstores", "datasets", "modeldeployments", "modelversions")
    ),
    f"/apis/apps/v1/deployments?{_SELECTOR}",
    f"/api/v1/services?{_SELECTOR}",
    f"/api/v1/pods?{_SELECTOR}",
)


@dataclass(frozen=True, slots=True)
class Rollout:
    """What it took until all ModelDeployments served."""

    deployments: int
    seconds: float
    cpu_ms_per_object: float


def make_namespaces(server: BenchServer) -> None:
    """Make the namespaces of the world, with a store each."""
    for namespace in NAMESPACES:
        make_ready_namespace(server.client, namespace)


def make_versions(server: BenchServer, first: int, last: int) -> None:
    """Make versions of all models; each number gives a thousand objects."""
    server.client.create(
        *(
            named_version(namespace, _model(model), number)
            for number in range(first, last + 1)
            for namespace in NAMESPACES
            for model in range(_MODELS)
        )
    )


def roll_out(server: BenchServer, operator: Measured) -> Rollout:
    """Make a ModelDeployment of each model at once, and wait until all serve."""
    operator.wait_quiet(_DEADLINE_SECONDS)
    used, began = operator.usage().cpu_seconds, time.monotonic()
    wanted = len(NAMESPACES) * _MODELS
    server.client.create(
        *(
            named_deployment(namespace, _model(model))
            for namespace in NAMESPACES
            for model in range(_MODELS)
        )
    )

    def missing() -> str | None:
        operator.check()
        items = server.client.get(_DEPLOYMENTS)["items"]
        serving = sum((item.get("status") or {}).get("champion") is not None for item in items)
        return None if serving == wanted else f"{serving} of {wanted} serve"

    wait.until(
        "the ModelDeployments to serve",
        missing,
        timeout_seconds=_DEADLINE_SECONDS,
        interval_seconds=1,
    )
    seconds = time.monotonic() - began
    operator.wait_quiet(_DEADLINE_SECONDS)
    return Rollout(
        deployments=wanted,
        seconds=rounded(seconds),
        cpu_ms_per_object=rounded((operator.usage().cpu_seconds - used) * 1000 / wanted),
    )


def count_objects(server: BenchServer) -> int:
    """Return how many objects the operator keeps."""
    return sum(len(server.client.get(path)["items"]) for path in _WATCHED)


def _model(number: int) -> str:
    return f"model-{number:03}"
