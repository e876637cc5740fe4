"""That a deployment is no more is what the server says; at rest nothing is asked or written."""

import asyncio

from tests.builders import (
    NAMESPACE,
    NOW,
    Object,
    make_deployment,
    make_version,
    time_text,
)
from tests.unit.operator.policies.served import state
from tests.unit.operator.reconcile.worlds import found, make_world

from tidewheel_contracts.api.v1alpha1.model_deployment import ModelDeploymentStatus
from tidewheel_operator.reconcile import model_version
from tidewheel_operator.reconcile.step import reconcile
from tidewheel_operator.reconcile.world import World
from tidewheel_operator.runtime.resources import MODEL_DEPLOYMENTS

DEPLOYMENT = make_deployment(status=ModelDeploymentStatus(champion=state(1)))
PERIOD = {
    "deploymentName": "flight-delay",
    "deploymentUid": "modeldeployment-flight-delay-1",
    "fromTime": state(1).since_time,
}


def step(world: World) -> None:
    asyncio.run(reconcile(model_version.RECONCILER, world, NAMESPACE, "flight-delay-v1"))


def version(*serving: Object) -> Object:
    item = make_version()
    return {**item, "status": {"serving": list(serving)}} if serving else item


def forget(world: World) -> None:
    """Let the cache lack the deployment, as an old list does."""
    name, uid = PERIOD["deploymentName"], PERIOD["deploymentUid"]
    world.cache.remove(MODEL_DEPLOYMENTS, NAMESPACE, name, uid, 1)


def test_version_at_rest_asks_nobody_and_is_not_written() -> None:
    world, api = make_world(version(), DEPLOYMENT)
    step(world)
    api.calls.clear()

    step(world)

    assert found(api, make_version())["status"]["serving"] == [PERIOD]
    assert api.calls == []


def test_deployment_that_an_old_list_lacks_goes_on() -> None:
    world, api = make_world(version(PERIOD), DEPLOYMENT)
    forget(world)

    step(world)

    assert found(api, make_version())["status"]["serving"] == [PERIOD]


def test_deployment_that_the_server_has_no_more_served_until_now() -> None:
    world, api = make_world(version(PERIOD))

    step(world)

    status = found(api, make_version())["status"]
    assert "serving" not in status or status["serving"] == []
    assert status["served"] == [{**PERIOD, "untilTime": time_text(NOW)}]


def test_namesake_of_the_deployment_is_another_one() -> None:
    old = {**PERIOD, "deploymentUid": "old"}
    world, api = make_world(version(old), DEPLOYMENT)

    step(world)

    status = found(api, make_version())["status"]
    assert status["serving"] == [PERIOD]
    assert status["served"] == [{**old, "untilTime": time_text(NOW)}]
