"""What an alias points at, and who follows it where, is what the API server says now."""

import asyncio
from typing import Any

from tests.builders import (
    NAMESPACE,
    Object,
    make_alias,
    make_deployment,
    make_store,
    make_version,
)
from tests.unit.operator.policies.served import state
from tests.unit.operator.reconcile.worlds import found, make_world

from tidewheel_contracts.api.v1alpha1.model_deployment import ModelDeploymentStatus
from tidewheel_operator.reconcile import model_alias, model_deployment
from tidewheel_operator.reconcile.step import Again, Reconciler, reconcile
from tidewheel_operator.reconcile.world import World
from tidewheel_operator.runtime.resources import MODEL_ALIASES, MODEL_VERSIONS

FOLLOWING = {"version": {"policy": "Alias", "alias": "prod"}}
NAME = "flight-delay-prod"


def step(world: World, reconciler: Reconciler[Any, Any], name: str) -> Again:
    return asyncio.run(reconcile(reconciler, world, NAMESPACE, name))


def deployment(number: int | None = None) -> Object:
    """Return a deployment that follows the alias, and serves a version or none yet."""
    status = ModelDeploymentStatus(champion=state(number)) if number is not None else None
    return make_deployment(status=status, **FOLLOWING)


def candidate(item: Object) -> int | None:
    number: int | None = item["status"].get("candidate", {}).get("number")
    return number


def test_version_that_an_old_list_lacks_is_not_missing() -> None:
    version = make_version()
    world, api = make_world(version, make_alias())
    metadata = version["metadata"]
    world.cache.remove(MODEL_VERSIONS, NAMESPACE, metadata["name"], metadata["uid"])

    step(world, model_alias.RECONCILER, NAME)

    status = found(api, make_alias())["status"]
    assert status["versionName"] == "flight-delay-v1"
    assert status["conditions"][0]["reason"] == "Pointing"


def test_alias_at_rest_is_not_written() -> None:
    world, api = make_world(make_version(), make_alias())
    step(world, model_alias.RECONCILER, NAME)
    api.calls.clear()

    step(world, model_alias.RECONCILER, NAME)

    assert api.calls == []


def test_deployment_follows_the_alias() -> None:
    world, api = make_world(
        make_store(), make_version(1), make_version(2), make_alias(number=1), deployment(2)
    )

    step(world, model_deployment.RECONCILER, "flight-delay")

    assert candidate(found(api, deployment())) == 1


def test_alias_that_has_moved_since_moves_no_traffic_to_where_it_was() -> None:
    alias = make_alias(number=1)
    world, api = make_world(make_store(), make_version(1), make_version(2), alias, deployment(2))
    api.server.edit(MODEL_ALIASES, alias, lambda item: item["spec"].update(number=2))

    step(world, model_deployment.RECONCILER, "flight-delay")

    assert candidate(found(api, deployment())) is None


def test_alias_that_was_deleted_since_moves_no_traffic() -> None:
    world, api = make_world(make_store(), make_version(1), make_version(2), deployment(2))
    world.cache.put(MODEL_ALIASES, make_alias(number=1))

    step(world, model_deployment.RECONCILER, "flight-delay")

    status = found(api, deployment())["status"]
    assert (status["champion"]["number"], status.get("candidate")) == (2, None)
