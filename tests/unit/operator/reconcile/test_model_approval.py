"""What an approval is of, and what a deployment goes by, is what the API server says now."""

import asyncio
from typing import Any

from tests.builders import (
    NAMESPACE,
    Object,
    make_approval,
    make_deployment,
    make_store,
    make_version,
)
from tests.unit.operator.policies.approved import REVOCATION, judged
from tests.unit.operator.policies.served import state
from tests.unit.operator.reconcile.worlds import found, make_world

from tidewheel_contracts.api.v1alpha1.model_approval import ModelApprovalStatus
from tidewheel_contracts.api.v1alpha1.model_deployment import ModelDeploymentStatus
from tidewheel_operator.reconcile import model_approval, model_deployment, model_version
from tidewheel_operator.reconcile.step import Again, Reconciler, reconcile
from tidewheel_operator.reconcile.world import World
from tidewheel_operator.runtime.api import Refused
from tidewheel_operator.runtime.resources import (
    MODEL_APPROVALS,
    MODEL_VERSIONS,
)

APPROVED_ONLY = {"version": {"policy": "LatestApproved"}}
JUDGED = ModelApprovalStatus(version=judged())


def step(world: World, reconciler: Reconciler[Any, Any], name: str) -> Again:
    return asyncio.run(reconcile(reconciler, world, NAMESPACE, name))


def reason(item: Object) -> str:
    text: str = item["status"]["conditions"][0]["reason"]
    return text


def test_version_is_recorded_as_the_server_has_it() -> None:
    old = make_version(run={"name": "by-hand", "uid": "old run"}, metadata={"resourceVersion": "0"})
    world, api = make_world(make_version(), make_approval())
    world.cache.remove(
        MODEL_VERSIONS, NAMESPACE, "flight-delay-v1", "modelversion-flight-delay-v1-1", 1
    )
    world.cache.put(MODEL_VERSIONS, old)

    step(world, model_approval.RECONCILER, "approval")

    status = found(api, make_approval())["status"]
    assert (status["version"], reason(found(api, make_approval()))) == (judged().to_wire(), "Valid")


def test_version_that_is_known_is_not_asked_for_again() -> None:
    world, api = make_world(make_version(), make_approval(status=JUDGED))

    step(world, model_approval.RECONCILER, "approval")

    assert api.calls == ["status ModelApproval", "create Event"]


def test_version_that_an_old_list_still_has_is_missing() -> None:
    world, api = make_world(make_approval())
    world.cache.put(MODEL_VERSIONS, make_version())

    step(world, model_approval.RECONCILER, "approval")

    assert "version" not in found(api, make_approval())["status"]
    assert reason(found(api, make_approval())) == "VersionMissing"


def test_version_that_may_not_be_read_is_the_one_that_is_known() -> None:
    world, api = make_world(make_version(), make_approval())
    api.answers["get ModelVersion"] = Refused(403, "forbidden")

    step(world, model_approval.RECONCILER, "approval")

    assert reason(found(api, make_approval())) == "Valid"


def test_version_tells_of_its_approval() -> None:
    world, api = make_world(make_version(), make_approval(status=JUDGED))

    step(world, model_version.RECONCILER, "flight-delay-v1")

    [_, approved] = found(api, make_version())["status"]["conditions"]
    assert (approved["type"], approved["status"], approved["reason"]) == (
        "Approved",
        "True",
        "Approved",
    )


def deployment(number: int | None = None) -> Object:
    """Return a deployment that serves a version, or none yet."""
    status = ModelDeploymentStatus(champion=state(number)) if number is not None else None
    return make_deployment(status=status, **APPROVED_ONLY)


def candidate(item: Object) -> int | None:
    number: int | None = item["status"].get("candidate", {}).get("number")
    return number


def test_approval_that_an_old_list_lacks_moves_no_traffic() -> None:
    older = make_approval("of-1", 1, ModelApprovalStatus(version=judged(1)))
    newer = make_approval("of-2", 2, ModelApprovalStatus(version=judged(2)))
    world, api = make_world(
        make_store(), make_version(1), make_version(2), older, newer, deployment(2)
    )
    world.cache.remove(MODEL_APPROVALS, NAMESPACE, "of-2", "modelapproval-of-2-1")

    step(world, model_deployment.RECONCILER, "flight-delay")

    assert candidate(found(api, deployment())) is None
    assert "list ModelApproval" in api.calls


def test_approval_that_was_taken_back_since_begins_no_rollout() -> None:
    approval = make_approval(status=JUDGED)
    world, api = make_world(make_store(), make_version(), approval, deployment())
    api.server.edit(
        MODEL_APPROVALS, approval, lambda item: item["spec"].update(revocation=REVOCATION)
    )

    step(world, model_deployment.RECONCILER, "flight-delay")

    assert candidate(found(api, deployment())) is None
    assert reason(found(api, deployment())) == "WaitingForApproval"


def test_deployment_at_rest_asks_nobody_for_approvals() -> None:
    world, api = make_world(
        make_store(), make_version(), make_approval(status=JUDGED), deployment(1)
    )
    step(world, model_deployment.RECONCILER, "flight-delay")
    api.calls.clear()

    step(world, model_deployment.RECONCILER, "flight-delay")

    assert "list ModelApproval" not in api.calls
