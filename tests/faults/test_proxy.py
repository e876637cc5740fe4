"""What the proxy does to requests, shown on a real API server."""

import http.client
import secrets
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.builders import Object
from tests.faults.cluster.cluster import Cluster
from tests.faults.cluster.loop_thread import LoopThread
from tests.faults.proxy.answers import REASONS
from tests.faults.proxy.calls import READS, WRITES
from tests.faults.proxy.client import Client
from tests.faults.proxy.faults import Answer, Fault, Hang, Kill, Reset, StaleList, Truncate
from tests.faults.proxy.record import Write
from tests.faults.proxy.rules import Match, Rule
from tests.faults.proxy.running import FaultProxy


class Victim:
    """Stands for the operator: notes when it is killed, and what the server had by then."""

    def __init__(self) -> None:
        self.deaths = 0

    def kill(self) -> None:
        self.deaths += 1


@pytest.fixture
def victim() -> Victim:
    return Victim()


@pytest.fixture
def proxy(fault_cluster: Cluster, rig_thread: LoopThread, victim: Victim) -> Iterator[FaultProxy]:
    proxy = FaultProxy(fault_cluster.server, rig_thread, victim.kill)
    yield proxy
    proxy.stop()


@pytest.fixture
def client(proxy: FaultProxy) -> Client:
    return Client(proxy.port)


@pytest.fixture
def services(fault_cluster: Cluster) -> str:
    """Return the path of the Services of a namespace of the test's own."""
    namespace = f"test-{secrets.token_hex(4)}"
    fault_cluster.act_in(namespace)
    return f"/api/v1/namespaces/{namespace}/services"


def service(name: str) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name},
        "spec": {"ports": [{"port": 80}]},
    }


def names(client: Client, path: str) -> list[str]:
    answered = client.send("GET", path)
    return [item["metadata"]["name"] for item in answered.body["items"]]


WRITE, READ = Match(WRITES), Match(READS)


def test_requests_pass_and_writes_are_recorded(
    proxy: FaultProxy, client: Client, services: str
) -> None:
    made = client.send("POST", services, service("a"))
    again = client.send("POST", services, service("a"))
    gone = client.send("DELETE", f"{services}/a")

    assert (made.code, again.code, gone.code, names(client, services)) == (201, 409, 200, [])
    version = int(made.body["metadata"]["resourceVersion"])
    assert proxy.record.writes[0] == Write("create", "services", "a", 201, version)
    told = [(write.verb, write.name, write.code) for write in proxy.record.writes]
    assert told == [("create", "a", 201), ("create", "a", 409), ("delete", "a", 200)]
    assert [call.verb for _, call in proxy.record.calls] == ["create", "create", "delete", "list"]
    assert proxy.record.attempts() == 3


def test_lease_is_recorded_apart(proxy: FaultProxy, client: Client, services: str) -> None:
    leases = services.replace("/api/v1", "/apis/coordination.k8s.io/v1").replace(
        "services", "leases"
    )
    lease = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "a"}}

    assert client.send("POST", leases, lease).code == 201
    assert (proxy.record.attempts(), proxy.record.writes) == (0, [])


@pytest.mark.parametrize(("is_forwarded", "wanted"), [(False, ["a"]), (True, ["a", "b"])])
def test_operator_is_killed_before_or_after_its_second_write(
    is_forwarded: bool,
    wanted: list[str],
    proxy: FaultProxy,
    client: Client,
    services: str,
    victim: Victim,
) -> None:
    proxy.obey([Rule(WRITE, Kill(is_forwarded), skip=1)])
    client.send("POST", services, service("a"))
    assert victim.deaths == 0

    with pytest.raises((ConnectionError, http.client.HTTPException)):
        client.send("POST", services, service("b"))

    assert victim.deaths == 1
    assert names(client, services) == wanted


@pytest.mark.parametrize("code", sorted(REASONS))
def test_code_is_answered_in_place_of_the_server(
    code: int, proxy: FaultProxy, client: Client, services: str
) -> None:
    proxy.obey([Rule(WRITE, Answer(code))])

    refused = client.send("POST", services, service("a"))

    assert (refused.code, refused.body["code"], refused.body["kind"]) == (code, code, "Status")
    assert "Retry-After" not in refused.headers
    assert names(client, services) == []
    assert client.send("POST", services, service("a")).code == 201


def test_retry_after_comes_with_an_answer(proxy: FaultProxy, client: Client, services: str) -> None:
    proxy.obey([Rule(READ, Answer(429, retry_after_seconds=3))])

    assert client.send("GET", services).headers["Retry-After"] == "3"


@pytest.mark.parametrize(
    ("fault", "wanted"),
    [
        pytest.param(Reset(is_forwarded=False), [], id="reset before"),
        pytest.param(Reset(is_forwarded=True), ["a"], id="reset after"),
        pytest.param(Truncate(), ["a"], id="truncated"),
        pytest.param(Hang(0.2), [], id="hang"),
    ],
)
def test_answer_does_not_come_or_not_whole(
    fault: Fault, wanted: list[str], proxy: FaultProxy, client: Client, services: str
) -> None:
    proxy.obey([Rule(WRITE, fault)])
    began = time.monotonic()

    with pytest.raises((ConnectionError, http.client.HTTPException)):
        client.send("POST", services, service("a"))

    assert (time.monotonic() - began >= 0.2) == isinstance(fault, Hang)
    assert names(client, services) == wanted


def test_truncated_answer_is_half_of_it(proxy: FaultProxy, client: Client, services: str) -> None:
    whole = client.send("GET", services)
    proxy.obey([Rule(READ, Truncate())])

    with pytest.raises(http.client.IncompleteRead) as caught:
        client.send("GET", services)

    assert caught.value.expected is not None
    assert len(caught.value.partial) + caught.value.expected == int(whole.headers["Content-Length"])


def test_list_of_an_earlier_moment_is_served(
    proxy: FaultProxy, client: Client, services: str
) -> None:
    client.send("POST", services, service("a"))
    client.send("POST", services, service("b"))
    client.send("DELETE", f"{services}/a")
    first = proxy.record.writes[0].version
    proxy.obey([Rule(Match(frozenset({"list"})), StaleList(first))])

    assert names(client, services) == ["a"]
    assert names(client, services) == ["b"]


def test_broken_connection_to_the_server_breaks_the_one_to_the_operator(
    proxy: FaultProxy, client: Client, services: str
) -> None:
    proxy.proxy.url = "https://127.0.0.1:1"

    with pytest.raises((ConnectionError, http.client.HTTPException)):
        client.send("GET", services)


def test_kubeconfig_leads_through_the_proxy(
    proxy: FaultProxy, fault_cluster: Cluster, tmp_path: Path
) -> None:
    file = proxy.write_kubeconfig(tmp_path / "kubeconfig")

    assert proxy.url in file.read_text()
    assert file.read_text().count("certificate") == 0
