"""The second line: what the hook lets pass of the connections that libraries make by themselves."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest
from tests.unit.trainer.egress.guards import guard, refusal

from tidewheel_trainer.egress.hook import judge_of, name_servers

_NO_DNS: frozenset[str] = frozenset()


@pytest.fixture
def ipv4() -> socket.socket:
    with socket.socket() as connection:
        yield connection


@pytest.mark.parametrize("event", ["socket.connect", "socket.sendto", "socket.sendmsg"])
def test_a_library_does_not_reach_a_metadata_service(event: str, ipv4: socket.socket) -> None:
    judge = judge_of(guard(("93.184.215.14",)), _NO_DNS)
    assert "a metadata service" in refusal(lambda: judge(event, (ipv4, ("169.254.169.254", 80))))


def test_a_library_reaches_a_public_address(ipv4: socket.socket) -> None:
    judge = judge_of(guard(("93.184.215.14",)), _NO_DNS)
    judge("socket.connect", (ipv4, ("93.184.215.14", 443)))


def test_a_cluster_address_is_open_once_a_library_has_looked_its_name_up(
    ipv4: socket.socket,
) -> None:
    judge = judge_of(guard(("10.96.4.4",)), _NO_DNS)
    connect = ("socket.connect", (ipv4, ("10.96.4.4", 9092)))
    assert "inside the cluster" in refusal(lambda: judge(*connect))
    judge("socket.getaddrinfo", ("kafka.ml.svc", 9092, 0, 0, 0))
    judge(*connect)


def test_a_look_up_opens_one_port_only(ipv4: socket.socket) -> None:
    judge = judge_of(guard(("10.96.4.4",)), _NO_DNS)
    judge("socket.getaddrinfo", (b"kafka.ml.svc", "9092", 0, 0, 0))
    judge("socket.connect", (ipv4, ("10.96.4.4", 9092)))
    assert "inside the cluster" in refusal(
        lambda: judge("socket.connect", (ipv4, ("10.96.4.4", 22)))
    )


def test_a_foreign_name_opens_nothing(ipv4: socket.socket) -> None:
    judge = judge_of(guard(("10.96.4.4",)), _NO_DNS)
    judge("socket.getaddrinfo", ("evil.example", 9092, 0, 0, 0))
    assert "inside the cluster" in refusal(
        lambda: judge("socket.connect", (ipv4, ("10.96.4.4", 9092)))
    )


def test_an_answer_that_changes_between_look_up_and_connection_is_refused(
    ipv4: socket.socket,
) -> None:
    asked = guard(("10.96.4.4",), ("10.96.9.9",))
    judge = judge_of(asked, _NO_DNS)
    judge("socket.getaddrinfo", ("kafka.ml.svc", 9092, 0, 0, 0))
    assert "inside the cluster" in refusal(
        lambda: judge("socket.connect", (ipv4, ("10.96.9.9", 9092)))
    )


def test_a_connection_by_name_is_refused(ipv4: socket.socket) -> None:
    judge = judge_of(guard(("93.184.215.14",)), _NO_DNS)
    for host in ("metadata.example", "", "2130706433"):
        assert "was not looked up before" in refusal(
            lambda host=host: judge("socket.connect", (ipv4, (host, 80)))
        )


def test_the_dns_may_be_asked_by_a_library(ipv4: socket.socket) -> None:
    judge = judge_of(guard(("93.184.215.14",)), frozenset({"10.96.0.10"}))
    judge("socket.sendto", (ipv4, ("10.96.0.10", 53)))
    assert "inside the cluster" in refusal(
        lambda: judge("socket.sendto", (ipv4, ("10.96.0.10", 80)))
    )


def test_a_unix_socket_does_not_leave_the_pod() -> None:
    judge = judge_of(guard(("93.184.215.14",)), _NO_DNS)
    with socket.socket(socket.AF_UNIX) as connection:
        judge("socket.connect", (connection, "/run/anything.sock"))


def test_more_on_a_connection_that_was_judged_passes(ipv4: socket.socket) -> None:
    judge_of(guard(("93.184.215.14",)), _NO_DNS)("socket.sendmsg", (ipv4, None))


def test_the_name_servers_are_those_of_the_resolver(tmp_path: Path) -> None:
    file = tmp_path / "resolv.conf"
    file.write_text(
        "search ml.svc.cluster.local\nnameserver 10.96.0.10\nnameserver\n# nameserver 1.1.1.1\n"
    )
    assert name_servers(file) == {"10.96.0.10"}
    assert name_servers(tmp_path / "absent") == frozenset()


_PROCESS = """
import socket, sys
from tidewheel_trainer.egress.installation import installed_guard
from tidewheel_trainer.failure import TrainerError
installed_guard({"TIDEWHEEL_EGRESS": sys.argv[1]})
try:
    socket.create_connection(("127.0.0.1", int(sys.argv[2])), timeout=5).close()
    print("connected")
except TrainerError as error:
    print(error.reason)
"""


@pytest.mark.parametrize(
    ("policy", "outcome"), [("{}", "SourceForbidden"), ('{"allow": ["127.0.0.1"]}', "connected")]
)
def test_a_process_that_installed_the_guard_obeys_it(policy: str, outcome: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        done = subprocess.run(
            [sys.executable, "-c", _PROCESS, policy, port],
            check=True,
            capture_output=True,
            text=True,
        )
    assert done.stdout.strip() == outcome
