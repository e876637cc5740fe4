"""Two replicas: one leads, both answer, and whatever happens to them, no work is lost."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta

import pytest
from tests.e2e import replicas
from tests.e2e.installation import ALERT_NAMESPACE, SharedStore, furnish
from tests.e2e.lab import Lab, Object, Run, dataset_spec, training, visits
from tests.e2e.replicas import Replica

from tidewheel_contracts.api.v1alpha1.model_deployment import Serving
from tidewheel_contracts.api.v1alpha1.model_pipeline import ModelPipelineSpec
from tidewheel_contracts.api.v1alpha1.training_run import TrainingRunSpec
from tidewheel_dev.demo import alerts, web
from tidewheel_dev.demo.context import OPERATOR_NAMESPACE, Site

# Objects tell when they were created to the second.
SECOND = timedelta(seconds=1)

Say = Callable[[str, timedelta], None]


@pytest.fixture(scope="module")
def shop(
    shared_store: SharedStore,
    new_namespace: Callable[[], AbstractContextManager[str]],
    kubectl: Run,
) -> Iterator[Lab]:
    """Return a namespace with a snapshot, so that a run gets its Job at once."""
    with new_namespace() as name:
        lab = furnish(name, kubectl, shared_store)
        lab.put("shop", "1.parquet", visits(0, 30))
        lab.create("Dataset", "shop", dataset_spec(lab, "shop"))
        lab.wait_ready("dataset", "shop", ["SnapshotReady"])
        yield lab


@pytest.fixture
def pair(shop: Lab, kubectl: Run) -> tuple[Replica, Replica]:
    """Return the replica that leads and the other one, both ready."""
    return replicas.settled(kubectl)


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Say:
    """Return a function that prints how long something took; only people judge that."""

    def write(what: str, took: timedelta) -> None:
        with capsys.disabled():
            sys.stdout.write(f"\n{what}: {took.total_seconds():.1f} s\n")

    return write


def test_both_replicas_are_ready_and_exactly_one_leads(pair: tuple[Replica, Replica]) -> None:
    leader, follower = pair

    assert (replicas.leads(leader), replicas.leads(follower)) == (True, False)
    for one in pair:
        assert replicas.readiness(one) == (200, {"ready": True, "leader": leader.name})


def test_alert_webhook_answers_on_both_replicas_and_through_the_service(
    pair: tuple[Replica, Replica], site: Site, alert_token: str
) -> None:
    service = site.reach.url(OPERATOR_NAMESPACE, "tidewheel", alerts.ALERT_PORT)
    addresses = [f"http://{one.address}:{alerts.ALERT_PORT}" for one in pair]
    alert = alerts.payload(starts_at="2026-11-25T00:00:00Z", fingerprint="f00d", pipeline="nobody")
    headers = {"Authorization": f"Bearer {alert_token}"}

    answers = [
        web.post(url, f"/alerts/{ALERT_NAMESPACE}", json.dumps(alert).encode(), headers)
        for url in (*addresses, service)
    ]

    outcomes = [[one["outcome"] for one in answer.document["results"]] for answer in answers]
    assert [answer.status for answer in answers] == [200, 200, 200]
    assert outcomes == [["NotOurs"]] * 3


def test_leader_that_is_told_to_end_hands_over_and_a_run_gets_its_job(
    pair: tuple[Replica, Replica], shop: Lab, kubectl: Run, say: Say
) -> None:
    leader, _ = pair
    before = replicas.lease(kubectl)

    told = datetime.now(UTC)
    replicas.run_kubectl(kubectl, "delete", "pod", leader.name, "--wait=false")
    shop.create("TrainingRun", "after-term", _run())
    job = _only_job(shop, "after-term")

    after = replicas.lease(kubectl)
    say("takeover after SIGTERM", after.acquired - told)
    assert after.holder != leader.name
    assert after.transitions == before.transitions + 1
    # Handed over, and not waited for until the old leader's Lease had ended.
    assert told < after.acquired < before.ends
    assert after.acquired < _created(job) + SECOND


def test_leader_that_is_killed_is_replaced_and_a_run_gets_its_job(
    pair: tuple[Replica, Replica], shop: Lab, kubectl: Run, say: Say
) -> None:
    leader, _ = pair
    restarts = _restarts(kubectl, leader)

    killed = datetime.now(UTC)
    replicas.kill(leader)
    shop.create("TrainingRun", "after-kill", _run())
    _only_job(shop, "after-kill")

    after = replicas.lease(kubectl)
    say("work after SIGKILL", datetime.now(UTC) - killed)
    assert after.renewed > killed
    new_leader, _ = replicas.settled(kubectl)
    assert new_leader.name == after.holder
    assert _restarts(kubectl, leader) == restarts + 1


def test_rollout_in_the_middle_of_a_loop_loses_nothing(
    pair: tuple[Replica, Replica], shop: Lab, kubectl: Run, say: Say
) -> None:
    spec = ModelPipelineSpec(
        dataset_name="shop",
        training=training(),
        deployment=Serving(rollback_window_seconds=600),
    )
    shop.create("ModelPipeline", "visitor", spec)
    shop.wait_for("the first run", lambda: None if _runs_of(shop, "visitor") else "none yet")

    began = time.monotonic()
    replicas.restart(kubectl)
    say("rollout of both replicas", timedelta(seconds=time.monotonic() - began))
    shop.wait_ready("modelpipeline", "visitor", ["Turning"])

    assert not {one.name for one in pair} & {one.name for one in replicas.settled(kubectl)}
    (run,) = _runs_of(shop, "visitor")
    assert (run["status"]["attempt"], run["status"]["versionNumber"]) == (1, 1)
    names = {job["metadata"]["name"] for job in _jobs_of(shop, run)}
    assert names == {run["status"]["jobName"], run["status"]["check"]["jobName"]}
    versions = [one["metadata"]["name"] for one in shop.list("modelversion")]
    assert [name for name in versions if name.startswith("visitor-")] == ["visitor-v1"]


def test_drain_takes_one_replica_and_waits_for_its_successor(
    pair: tuple[Replica, Replica], kubectl: Run
) -> None:
    leader, follower = pair

    assert replicas.evict(kubectl, leader) == ""
    refusal = replicas.evict(kubectl, follower)
    assert "it would violate the pod's disruption budget" in refusal

    new_leader, _ = replicas.settled(kubectl)
    assert new_leader.name != leader.name


def _run() -> TrainingRunSpec:
    return TrainingRunSpec(**training().model_dump(), dataset_name="shop", model_name="buyer")


def _only_job(shop: Lab, run_name: str) -> Object:
    """Wait for the Job of a run and return it; a second one would be a second training."""
    found: list[Object] = []

    def missing() -> str | None:
        run = shop.get("trainingrun", run_name)
        found[:] = _jobs_of(shop, run) if run is not None else []
        return None if found else "none yet"

    shop.wait_for(f"the Job of {run_name}", missing)
    (job,) = found
    return job


def _jobs_of(shop: Lab, run: Object) -> list[Object]:
    uid = run["metadata"]["uid"]
    return [
        job
        for job in shop.list("job")
        if uid in {owner["uid"] for owner in job["metadata"].get("ownerReferences", ())}
    ]


def _runs_of(shop: Lab, pipeline: str) -> list[Object]:
    return [run for run in shop.list("trainingrun") if run["spec"].get("pipelineName") == pipeline]


def _restarts(kubectl: Run, replica: Replica) -> int:
    pod = json.loads(replicas.run_kubectl(kubectl, "get", "pod", replica.name, "-o", "json"))
    (status,) = pod["status"]["containerStatuses"]
    count: int = status["restartCount"]
    return count


def _created(item: Object) -> datetime:
    return datetime.fromisoformat(item["metadata"]["creationTimestamp"])
