"""What the proxy does to watches, shown on a real API server."""

import http.client
import json
import secrets
from collections.abc import Callable, Iterator

import pytest
from tests.builders import Object
from tests.faults.cluster.cluster import Cluster
from tests.faults.cluster.loop_thread import LoopThread
from tests.faults.proxy.client import Client, Watch
from tests.faults.proxy.faults import (
    Cut,
    Delay,
    Drop,
    Duplicate,
    EndStream,
    ErrorEvent,
    Fault,
    Swap,
)
from tests.faults.proxy.rules import Match, Rule
from tests.faults.proxy.running import FaultProxy

ADDED = Match(frozenset({"ADDED"}))
Open = Callable[..., Watch]


@pytest.fixture
def proxy(fault_cluster: Cluster, rig_thread: LoopThread) -> Iterator[FaultProxy]:
    proxy = FaultProxy(fault_cluster.server, rig_thread, lambda: None)
    yield proxy
    proxy.stop()


@pytest.fixture
def services(fault_cluster: Cluster) -> str:
    """Return the path of the Services of a namespace of the test's own."""
    namespace = f"test-{secrets.token_hex(4)}"
    fault_cluster.act_in(namespace)
    return f"/api/v1/namespaces/{namespace}/services"


@pytest.fixture
def open_watch(proxy: FaultProxy, services: str) -> Iterator[Open]:
    """Return a function that opens a watch under rules and then creates a, b and c."""
    client = Client(proxy.port)
    opened: list[Watch] = []

    def open_watch(*rules: Rule) -> Watch:
        proxy.obey(rules)
        version = client.send("GET", services).body["metadata"]["resourceVersion"]
        opened.append(client.watch(services, version))
        for name in "abc":
            assert client.send("POST", services, service(name)).code == 201
        return opened[-1]

    yield open_watch
    for watch in opened:
        watch.close()


def service(name: str) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name},
        "spec": {"ports": [{"port": 80}]},
    }


@pytest.mark.parametrize(
    ("fault", "wanted"),
    [
        pytest.param(None, "abc", id="none"),
        pytest.param(Drop(), "bc", id="dropped"),
        pytest.param(Duplicate(), "aabc", id="twice"),
        pytest.param(Swap(), "bac", id="after the next"),
        pytest.param(Delay(0.5), "bca", id="late"),
    ],
)
def test_first_event_comes(fault: Fault | None, wanted: str, open_watch: Open) -> None:
    watch = open_watch(*([] if fault is None else [Rule(ADDED, fault)]))

    assert watch.events(len(wanted)) == [("ADDED", name) for name in wanted]


def test_events_of_other_kinds_and_types_pass(open_watch: Open) -> None:
    watch = open_watch(
        Rule(Match(frozenset({"ADDED"}), frozenset({"pods"})), Drop(), times=None),
        Rule(Match(frozenset({"DELETED"})), Drop(), times=None),
    )

    assert watch.events(3) == [("ADDED", name) for name in "abc"]


@pytest.mark.parametrize("code", [410, 500])
def test_error_comes_in_place_of_an_event_and_ends_the_stream(code: int, open_watch: Open) -> None:
    lines = list(open_watch(Rule(ADDED, ErrorEvent(code), skip=1)).lines())

    events = [json.loads(line) for line in lines]
    assert [event["type"] for event in events] == ["ADDED", "ERROR"]
    assert events[1]["object"]["code"] == code


def test_stream_ends_in_the_middle_of_a_line_as_if_complete(open_watch: Open) -> None:
    first, second = open_watch(Rule(ADDED, Cut(is_orderly=True), skip=1)).lines()

    assert json.loads(first)["type"] == "ADDED"
    with pytest.raises(json.JSONDecodeError):
        json.loads(second)


def test_stream_breaks_in_the_middle_of_a_line(open_watch: Open) -> None:
    watch = open_watch(Rule(ADDED, Cut(is_orderly=False)))

    with pytest.raises((ConnectionError, http.client.IncompleteRead)):
        watch.response.read()


def test_watch_ends_at_once(open_watch: Open) -> None:
    assert list(open_watch(Rule(Match(frozenset({"watch"})), EndStream())).lines()) == []


def test_refusal_of_the_server_is_passed_on(proxy: FaultProxy, services: str) -> None:
    watch = Client(proxy.port).watch(f"{services}-of-no-kind", "0")
    watch.close()

    assert watch.response.status == 404
