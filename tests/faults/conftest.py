"""A real API server, scripted controllers, and operators behind proxies that do harm."""

import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from rich.console import Console
from tests.faults.cluster.cluster import Cluster
from tests.faults.cluster.loop_thread import LoopThread
from tests.faults.loop.lane import Lane
from tests.faults.loop.report import Report, table_of
from tests.integration.lab import install_kind, kubectl_of
from tests.integration.local_server import LocalServer

from tidewheel_contracts.api.v1alpha1 import KINDS
from tidewheel_dev import paths, toolchain, wait

IS_LONG = os.environ.get("TIDEWHEEL_TEST_LONG") == "1"
SEED = int(os.environ.get("TIDEWHEEL_TEST_SEED") or "1")
# Trials mostly wait: for leases, back-offs and processes that start.
_LANES = 6 if IS_LONG else 4
_REPORT = pytest.StashKey[Report]()

MakeLane = Callable[..., Lane]


@pytest.fixture(scope="session")
def fault_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalServer]:
    """Return a server that has our kinds."""
    server = LocalServer(tmp_path_factory.mktemp("faults"), toolchain.ensure())
    try:
        server.start()
        serve_kinds(server)
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def rig_thread() -> Iterator[LoopThread]:
    """Return the loop in which proxies and controllers run."""
    thread = LoopThread()
    yield thread
    thread.stop()


@pytest.fixture(scope="session")
def fault_cluster(
    fault_server: LocalServer, rig_thread: LoopThread, report: Report
) -> Iterator[Cluster]:
    """Return that server with controllers at work."""
    cluster = Cluster(fault_server, rig_thread)
    yield cluster
    cluster.stop()
    report.tell_of_rig([told for _, told in cluster.mirror.corrections])


@pytest.fixture(scope="session")
def make_lane(
    fault_cluster: Cluster, rig_thread: LoopThread, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[MakeLane]:
    """Return a function that makes a lane with an environment of its own."""
    folder = tmp_path_factory.mktemp("lanes")
    made: list[Lane] = []

    def make(**environment: str) -> Lane:
        name = f"lane-{secrets.token_hex(4)}"
        made.append(Lane(fault_cluster, rig_thread, folder, name, **environment))
        return made[-1]

    yield make
    for lane in made:
        lane.stop()


@pytest.fixture(scope="session")
def lanes(make_lane: MakeLane) -> list[Lane]:
    """Return lanes whose operators verify as seldom as they do by default."""
    return [make_lane() for _ in range(_LANES)]


@pytest.fixture(scope="session")
def verifying_lanes(make_lane: MakeLane) -> list[Lane]:
    """Return lanes whose operators compare their caches with the server every second."""
    return [make_lane(TIDEWHEEL_VERIFY_SECONDS="1") for _ in range(_LANES)]


@pytest.fixture(scope="session")
def report(request: pytest.FixtureRequest) -> Report:
    """Return the report that the session prints at its end."""
    file = Path(paths.REPOSITORY / "build" / "faults.json")
    found = request.config.stash[_REPORT] = Report(file, SEED, IS_LONG)
    return found


def pytest_terminal_summary(config: pytest.Config) -> None:
    """Print the table."""
    found = config.stash.get(_REPORT, None)
    if found is not None and found.rows:
        Console().print(table_of(found.rows))
        for told in found.rig_was_behind:
            Console().print(f"the mirror was behind: {told}")


def serve_kinds(server: LocalServer) -> None:
    """Install our kinds and wait until the server serves them."""
    for kind in KINDS:
        install_kind(server, kind.plural)
    wait.until("our kinds", lambda: _unserved(server), timeout_seconds=60)


def _unserved(server: LocalServer) -> str | None:
    """Return what is not served yet: at its first request a kind is only got ready."""
    names = ",".join(f"{kind.plural}.tidewheel.dev" for kind in KINDS)
    done = kubectl_of(server)("get", names, "--all-namespaces")
    return None if done.returncode == 0 else done.stderr
