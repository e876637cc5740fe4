"""The tests' own API server in place of the cluster, and operators on it.

A cluster would have a kubelet that runs our Jobs, controllers that write over faked statuses and,
after an end-to-end test, another operator.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.integration.lab import Lab, Run
from tests.integration.local_server import LocalServer
from tests.integration.operator_process import OperatorProcess

from tidewheel_dev import toolchain
from tidewheel_dev.cluster import ClusterHandle

TOKEN = "0123456789abcdef"

MakeOperator = Callable[..., OperatorProcess]


@pytest.fixture(scope="session")
def local_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalServer]:
    """Return an API server without our kinds."""
    server = LocalServer(tmp_path_factory.mktemp("server"), toolchain.ensure())
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def cluster(local_server: LocalServer) -> ClusterHandle:
    """Return the tests' own API server as the cluster that all fixtures use."""
    return ClusterHandle(
        name="tests",
        kubeconfig=local_server.kubeconfig,
        kubectl=local_server.tools.kubectl,
        helm=local_server.tools.helm,
        state=local_server.folder,
        host_ip="127.0.0.1",
    )


@pytest.fixture
def lab(crds: None, namespace: str, kubectl: Run) -> Lab:
    """Return a namespace on a server that has our kinds."""
    return Lab(namespace, kubectl)


@pytest.fixture
def make_operator(
    tmp_path: Path, local_server: LocalServer, namespace: str
) -> Iterator[MakeOperator]:
    """Return a function that makes an operator of the test's namespace, not yet started."""
    made: list[OperatorProcess] = []
    tokens = tmp_path / "tokens.json"
    tokens.write_text(json.dumps({"tokens": [{"token": TOKEN, "namespaces": [namespace]}]}))

    def make(
        kubeconfig: Path | None = None, name: str = "operator-0", **environment: str
    ) -> OperatorProcess:
        operator = OperatorProcess(
            kubeconfig=kubeconfig or local_server.kubeconfig,
            folder=tmp_path,
            namespace=namespace,
            environment={"TIDEWHEEL_ALERT_TOKENS_FILE": str(tokens), **environment},
            name=name,
        )
        made.append(operator)
        return operator

    yield make
    for operator in made:
        operator.stop()


@pytest.fixture
def operator(lab: Lab, make_operator: MakeOperator) -> OperatorProcess:
    """Return an operator at work in the lab's namespace."""
    operator = make_operator()
    operator.start_ready()
    return operator
