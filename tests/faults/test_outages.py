"""The API server or etcd freezes, dies, forgets a kind, or takes a right away, and comes back."""

import os
import signal
import time
from collections.abc import Callable, Iterator

import pytest
from tests.builders import make_dataset
from tests.faults.cluster.cluster import Cluster
from tests.faults.cluster.loop_thread import LoopThread
from tests.faults.conftest import IS_LONG, serve_kinds
from tests.faults.loop.lane import Lane
from tests.faults.loop.report import Report
from tests.faults.loop.stories import (
    REFRESH_SECONDS,
    apply_loop,
    deliver,
    shortest_loop,
    status_of,
    wait_champion,
)
from tests.faults.loop.trials import Trial, Undisturbed, problems_of, run_trial, undisturbed
from tests.faults.proxy.faults import Answer
from tests.faults.proxy.rules import Match, Rule
from tests.integration.lab import install_kind, kubectl_of
from tests.integration.local_server import LocalServer

from tidewheel_dev import toolchain
from tidewheel_operator.runtime.resources import DATASETS, MODEL_DEPLOYMENTS, MODEL_VERSIONS

# Longer than a Lease lasts, so that the operator has to lead anew.
_FROZEN_SECONDS = 60.0 if IS_LONG else 17.0
_REST_SECONDS = 90.0


@pytest.fixture(scope="module")
def lane(rig_thread: LoopThread, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lane]:
    """Return a lane on a server of its own, which may be harmed."""
    folder = tmp_path_factory.mktemp("outages")
    server = LocalServer(folder, toolchain.ensure())
    try:
        server.start()
        serve_kinds(server)
        cluster = Cluster(server, rig_thread)
        lane = Lane(cluster, rig_thread, folder, "lane-of-outages", TIDEWHEEL_VERIFY_SECONDS="5")
        yield lane
        lane.stop()
        cluster.stop()
    finally:
        server.stop()


def two_versions(lane: Lane) -> None:
    """Turn the loop once, and once more for new data."""
    shortest_loop(lane)
    deliver(lane, 1500)
    wait_champion(lane, 2)


@pytest.fixture(scope="module")
def wanted(lane: Lane) -> Undisturbed:
    """Return the end of two turns without an outage."""
    return undisturbed(lane, two_versions)


def frozen(name: str) -> Callable[[Lane], None]:
    """Return what freezes a program for longer than a Lease."""

    def harm(lane: Lane) -> None:
        pid = lane.cluster.server.children[name].pid
        os.kill(pid, signal.SIGSTOP)
        try:
            # To be frozen for so long is the fault; there is nothing to wait for.
            time.sleep(_FROZEN_SECONDS)
        finally:
            os.kill(pid, signal.SIGCONT)

    return harm


def killed(lane: Lane) -> None:
    """Kill the API server and start it again."""
    lane.cluster.server.stop_api_server()
    lane.cluster.server.start_api_server()


@pytest.mark.parametrize(
    ("harm", "name"),
    [
        pytest.param(frozen("apiserver"), "API server frozen", id="API server frozen"),
        pytest.param(frozen("etcd"), "etcd frozen", id="etcd frozen"),
        pytest.param(killed, "API server killed", id="API server killed"),
    ],
)
def test_loop_goes_on_after_an_outage(
    harm: Callable[[Lane], None], name: str, lane: Lane, wanted: Undisturbed, report: Report
) -> None:
    def story(lane: Lane) -> None:
        shortest_loop(lane)
        deliver(lane, 1500)
        harm(lane)
        wait_champion(lane, 2)

    outcome = run_trial(lane, Trial(name, story, [], rest_seconds=_REST_SECONDS), wanted)

    report.add(f"outage: {name}", wanted.writes, [outcome])
    assert not problems_of([outcome]), problems_of([outcome])


def test_right_that_is_taken_away_stops_its_kind_only(lane: Lane, report: Report) -> None:
    undisturbed_end = undisturbed(lane, shortest_loop)
    lost = [Rule(Match(plurals=frozenset({"services"})), Answer(403), times=None)]

    def story(lane: Lane) -> None:
        shortest_loop_without_services(lane)
        lane.proxy.change_rules(())
        wait_champion(lane, 1)

    outcome = run_trial(
        lane,
        Trial(
            "403 on services",
            story,
            lost,
            step_seconds=_REST_SECONDS,
            rest_seconds=_REST_SECONDS,
        ),
        undisturbed_end,
    )

    report.add("403 on one kind", undisturbed_end.writes, [outcome])
    assert not problems_of([outcome]), problems_of([outcome])


def shortest_loop_without_services(lane: Lane) -> None:
    """Apply the loop and wait until it says which right it lacks, with all else done."""

    def missing() -> str | None:
        told = status_of(lane, MODEL_DEPLOYMENTS, "flight-delay").get("conditions") or []
        words = [condition["message"] for condition in told if condition["type"] == "Stalled"]
        wanted = "the API server refused to create Service 'flight-delay-v1': "
        return None if words and words[0].startswith(wanted) else f"it says {words}"

    apply_loop(lane)
    lane.wait_for("the missing right to be named", missing, _REST_SECONDS)
    assert lane.cluster.mirror.find(MODEL_VERSIONS, lane.namespace, "flight-delay-v1") is not None


def test_kind_that_is_deleted_and_comes_back(lane: Lane, report: Report) -> None:
    undisturbed_end = undisturbed(lane, shortest_loop)

    def story(lane: Lane) -> None:
        shortest_loop(lane)
        kubectl_of(lane.cluster.server)("delete", "crd", "datasets.tidewheel.dev", check=True)
        install_kind(lane.cluster.server, "datasets")
        serve_kinds(lane.cluster.server)
        lane.cluster.create(
            lane.namespace, make_dataset(refresh={"every_seconds": REFRESH_SECONDS})
        )
        lane.wait_for("the Dataset's snapshot", lambda: no_snapshot(lane), _REST_SECONDS)

    trial = Trial("CRD deleted and re-created", story, [], rest_seconds=_REST_SECONDS)
    outcome = run_trial(lane, trial, with_another_collection(undisturbed_end))

    report.add("CRD deleted and re-created", undisturbed_end.writes, [outcome])
    assert not problems_of([outcome]), problems_of([outcome])


def no_snapshot(lane: Lane) -> str | None:
    """Return why the Dataset has no snapshot yet."""
    status = status_of(lane, DATASETS, "flights")
    return None if status.get("snapshot") else f"{status}"


def with_another_collection(end: Undisturbed) -> Undisturbed:
    """Return the end at which data was collected once more, into the same snapshot."""
    counts = end.made_and_deleted + type(end.made_and_deleted)({"create jobs": 1, "delete jobs": 1})
    return Undisturbed(end.state, counts, end.writes)
