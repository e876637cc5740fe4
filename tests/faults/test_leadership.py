"""Two replicas: one leads, the other takes over, and no moment has two writers."""

import os
import secrets
import signal
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import count
from pathlib import Path

import pytest
from tests.builders import make_dataset, make_snapshot, make_store
from tests.faults.cluster.loop_thread import LoopThread
from tests.faults.proxy.faults import Hang
from tests.faults.proxy.rules import Match, Rule
from tests.faults.proxy.running import FaultProxy
from tests.integration.audit import Request, audit_flags, is_work_of_operator, recorded
from tests.integration.lab import Lab, install_kind, kubectl_of, lab_on
from tests.integration.local_server import LocalServer
from tests.integration.loops import deliver, start_loop, train_and_serve
from tests.integration.operator_process import OperatorProcess

from tidewheel_contracts.api.v1alpha1 import KINDS
from tidewheel_dev import packages, toolchain

MakeOperator = Callable[..., OperatorProcess]
Pair = tuple[OperatorProcess, OperatorProcess]
_LEASE = "tidewheel-operator"
_FAKETIME = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1")


@pytest.fixture(scope="module")
def audited_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalServer]:
    """Return a server that has our kinds and records all writes."""
    folder = tmp_path_factory.mktemp("audited")
    server = LocalServer(folder, toolchain.ensure(), extra_flags=audit_flags(folder))
    try:
        server.start()
        for kind in KINDS:
            install_kind(server, kind.plural)
        names = [f"crd/{kind.plural}.tidewheel.dev" for kind in KINDS]
        kubectl_of(server)("wait", "--for=condition=Established", *names, check=True)
        yield server
    finally:
        server.stop()


@pytest.fixture
def lab(audited_server: LocalServer) -> Lab:
    """Return the test's namespace on that server."""
    return lab_on(audited_server, f"test-{secrets.token_hex(4)}")


@pytest.fixture
def make_operator(
    lab: Lab, audited_server: LocalServer, tmp_path: Path
) -> Iterator[Callable[..., OperatorProcess]]:
    """Return a function that makes a replica of a name, not yet started."""
    made: list[OperatorProcess] = []

    def make(name: str, **environment: str) -> OperatorProcess:
        kubeconfig = audited_server.kubeconfig
        made.append(OperatorProcess(kubeconfig, tmp_path, lab.namespace, environment, name))
        return made[-1]

    yield make
    for operator in made:
        operator.stop()


@pytest.fixture
def pair(lab: Lab, make_operator: MakeOperator) -> Pair:
    """Return two replicas that are ready, the first of which leads."""
    first, second = make_operator("operator-a"), make_operator("operator-b")
    first.start_ready()
    lab.wait_for("the first to lead", lambda: leads(lab, first))
    second.start_ready()
    return first, second


def leads(lab: Lab, operator: OperatorProcess) -> str | None:
    """Return why a replica does not lead, by its own word and by the Lease's."""
    lease = lab.get("lease", _LEASE) or {}
    holder = lease.get("spec", {}).get("holderIdentity")
    flag = operator.metric("tidewheel_leader")
    return None if (holder, flag) == (operator.name, 1.0) else f"holder {holder}, leader {flag}"


def works(lab: Lab, name: str) -> None:
    """Apply a Dataset and wait for its Job: somebody leads and works."""
    lab.create(make_dataset(name))
    lab.wait_job(f"{name}-")


def test_only_the_leader_writes(lab: Lab, pair: Pair, audited_server: LocalServer) -> None:
    start_loop(lab)

    writers = {write.replica for write in written(audited_server, lab)}
    assert writers == {"operator-a"}


def test_other_replica_takes_over_from_one_that_is_killed(
    lab: Lab, pair: Pair, audited_server: LocalServer
) -> None:
    first, second = pair
    lab.create(make_store())
    works(lab, "before")

    first.kill()
    works(lab, "after")

    assert leads(lab, second) is None
    assert lab.the("lease", _LEASE)["spec"]["leaseTransitions"] == 2
    assert takers(audited_server, lab) == ["operator-a", "operator-b"]


def test_other_replica_takes_over_from_one_that_ends_before_its_lease_does(
    lab: Lab, pair: Pair, audited_server: LocalServer
) -> None:
    first, second = pair
    lab.create(make_store())
    works(lab, "before")

    assert first.terminate() == 0
    works(lab, "after")

    assert leads(lab, second) is None
    released = last_of(lease_writes(audited_server, lab), "operator-a")
    taken = first_of(lease_writes(audited_server, lab), "operator-b")
    # The Lease itself would have kept the second replica away for 15 seconds.
    assert taken.received - released.received < 4


def test_replica_that_was_frozen_beyond_its_lease_writes_nothing_more(
    lab: Lab, pair: Pair, audited_server: LocalServer
) -> None:
    first, second = pair
    lab.create(make_store())
    # Frozen amid its work: dozens of objects wait for their Jobs.
    lab.create(*(make_dataset(f"busy-{index}") for index in range(40)))
    lab.wait_job("busy-")
    assert first.child is not None
    os.kill(first.child.pid, signal.SIGSTOP)
    frozen = lab.now().timestamp()

    lab.wait_for("the second to lead", lambda: leads(lab, second))
    lab.wait_for("all Jobs", lambda: count_problem(lab, "busy-", 40))
    os.kill(first.child.pid, signal.SIGCONT)
    lab.wait_for("the first to step down", lambda: follows(first))
    works(lab, "after")

    late = [
        write
        for write in written(audited_server, lab)
        if write.replica == "operator-a" and write.received > frozen
    ]
    assert late == []
    assert first.child.poll() is None
    assert "Traceback" not in first.log()


def test_leader_whose_lease_traffic_alone_is_cut_stops_before_another_begins(
    lab: Lab, audited_server: LocalServer, make_operator: MakeOperator, rig_thread: LoopThread
) -> None:
    proxy = FaultProxy(audited_server, rig_thread, kill=lambda: None)
    first, second = make_operator("operator-a"), make_operator("operator-b")
    first.kubeconfig = proxy.write_kubeconfig(first.folder / "through-the-proxy")
    try:
        first.start_ready()
        lab.wait_for("the first to lead", lambda: leads(lab, first))
        second.start_ready()
        lab.create(make_store())
        works(lab, "before")

        proxy.obey([Rule(Match(plurals=frozenset({"leases"})), Hang(60), times=None)])
        cut = lab.now().timestamp()
        numbers = count()

        def missing() -> str | None:
            # Work at every moment of the time in which the two might overlap.
            lab.create(make_dataset(f"during-{next(numbers)}"))
            return leads(lab, second)

        lab.wait_for("the second to lead", missing)
        works(lab, "after")
        proxy.obey()
        lab.wait_for("the first to step down", lambda: follows(first))
    finally:
        proxy.stop()

    writes = [write for write in written(audited_server, lab) if write.received > cut]
    last = last_of(writes, "operator-a")
    taken = first_of(lease_writes(audited_server, lab), "operator-b")
    assert last.received < taken.received < first_of(writes, "operator-b").received
    # Ten seconds after its last renewal, which was at most two before the cut.
    assert last.received - cut < 10.5
    assert "Traceback" not in first.log()


def test_replicas_that_restart_in_turn_lose_nothing(
    lab: Lab, pair: Pair, audited_server: LocalServer
) -> None:
    first, second = pair
    start_loop(lab)

    for replica in (first, second):
        assert replica.terminate() == 0
        replica.start_ready()
    deliver(lab, make_snapshot("snapshot two", 1400))
    assert first.terminate() == 0
    train_and_serve(lab, 2)

    causes = sorted(item["status"]["trigger"]["cause"] for item in lab.list("trainingruns"))
    assert causes == ["Initial", "NewData"]
    assert leads(lab, second) is None


@pytest.mark.parametrize("hours", [3, -3], ids=["forward", "back"])
def test_clock_that_jumps_changes_no_leader(
    hours: int,
    lab: Lab,
    audited_server: LocalServer,
    make_operator: MakeOperator,
    tmp_path: Path,
) -> None:
    packages.ensure({"faketime": Path("/usr/bin/faketime"), "libfaketime": _FAKETIME})
    offset = tmp_path / "offset"
    offset.write_text("+0")
    environment = {
        "LD_PRELOAD": str(_FAKETIME),
        "FAKETIME_TIMESTAMP_FILE": str(offset),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    first, second = make_operator("operator-a", **environment), make_operator("operator-b")
    first.start_ready()
    lab.wait_for("the first to lead", lambda: leads(lab, first))
    second.start_ready()
    start_loop(lab)

    offset.write_text(f"{hours:+d}h")
    lab.wait_for("a renewal by the new clock", lambda: renewed(lab, hours))
    renewals = len(lease_writes(audited_server, lab))
    # Longer than a Lease lasts, by its renewals every two seconds.
    lab.wait_for("ten renewals", lambda: more_renewals(audited_server, lab, renewals + 10), 60)
    deliver(lab, make_snapshot("snapshot two", 1400))
    train_and_serve(lab, 2)

    assert leads(lab, first) is None
    assert takers(audited_server, lab) == ["operator-a"]
    assert {write.replica for write in written(audited_server, lab)} == {"operator-a"}


def written(server: LocalServer, lab: Lab) -> list[Request]:
    """Return all writes but those of the Lease."""
    return [
        request
        for request in recorded(server.folder)
        if request.namespace == lab.namespace and is_work_of_operator(request)
    ]


def lease_writes(server: LocalServer, lab: Lab) -> list[Request]:
    """Return all writes of the Lease that the server took."""
    return [
        request
        for request in recorded(server.folder)
        if request.namespace == lab.namespace
        and request.resource == "leases"
        and request.code < 300
    ]


def takers(server: LocalServer, lab: Lab) -> list[str]:
    """Return who held the Lease, one after the other."""
    names: list[str] = []
    for write in lease_writes(server, lab):
        if names[-1:] != [write.replica]:
            names.append(write.replica)
    return names


def first_of(writes: list[Request], replica: str) -> Request:
    """Return a replica's first write."""
    return next(write for write in writes if write.replica == replica)


def last_of(writes: list[Request], replica: str) -> Request:
    """Return a replica's last write."""
    return first_of(writes[::-1], replica)


def follows(operator: OperatorProcess) -> str | None:
    """Return why a replica does not follow yet."""
    flag = operator.metric("tidewheel_leader")
    return None if flag == 0.0 else f"leader {flag}"


def count_problem(lab: Lab, prefix: str, wanted: int) -> str | None:
    """Return how many Jobs there are, unless they are as many as wanted."""
    names = [job["metadata"]["name"] for job in lab.list("jobs")]
    count = sum(name.startswith(prefix) for name in names)
    return None if count == wanted else f"there are {count}"


def renewed(lab: Lab, hours: int) -> str | None:
    """Return why the Lease does not show the jump yet."""
    text = lab.the("lease", _LEASE)["spec"]["renewTime"]
    ahead = (datetime.fromisoformat(text) - lab.now()).total_seconds() / 3600
    return None if round(ahead) == hours else f"it is {ahead:.1f} hours ahead"


def more_renewals(server: LocalServer, lab: Lab, wanted: int) -> str | None:
    """Return how many renewals there were, unless they are enough."""
    count = len(lease_writes(server, lab))
    return None if count >= wanted else f"{count} renewals"
