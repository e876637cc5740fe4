"""Fixtures that several folders of tests share. Nothing starts before a test asks for it."""

import json
import os
import secrets
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tidewheel_dev.cluster import ClusterHandle

# As the trainer's program does: tests share their processors, and threads that spin take them.
os.environ["OMP_WAIT_POLICY"] = "PASSIVE"

Run = Callable[..., subprocess.CompletedProcess[str]]
NewNamespace = Callable[[], AbstractContextManager[str]]


@pytest.fixture(scope="session")
def cluster() -> "ClusterHandle":
    """Return the cluster, started first when need be."""
    # Imported here, so that unit tests need nothing of what the cluster is made of.
    from tidewheel_dev.cluster import ensure_cluster

    return ensure_cluster()


@pytest.fixture(scope="session")
def kubectl(cluster: "ClusterHandle") -> Run:
    """Return a function that runs kubectl: `kubectl("apply", "-f", "-", stdin=text)`.

    It returns what the program said, good or bad; with `check=True` a failure raises.
    """

    def run(
        *arguments: str, stdin: str | None = None, check: bool = False
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [cluster.kubectl, f"--kubeconfig={cluster.kubeconfig}", *arguments],
            input=stdin or "",
            capture_output=True,
            text=True,
            check=False,
        )
        if check and done.returncode != 0:
            raise AssertionError(f"kubectl {' '.join(arguments)} failed: {done.stderr}")
        return done

    return run


@pytest.fixture(scope="session")
def new_namespace(kubectl: Run) -> NewNamespace:
    """Return a context manager that makes a namespace and removes it without waiting."""

    @contextmanager
    def make() -> Iterator[str]:
        name = f"test-{secrets.token_hex(4)}"
        manifest = {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {
                "name": name,
                "labels": {"pod-security.kubernetes.io/enforce": "restricted"},
            },
        }
        kubectl("create", "-f", "-", stdin=json.dumps(manifest), check=True)
        try:
            yield name
        finally:
            kubectl("delete", "namespace", name, "--wait=false", check=True)

    return make


@pytest.fixture
def namespace(new_namespace: NewNamespace) -> Iterator[str]:
    """Return a fresh namespace that refuses pods which are not restricted."""
    with new_namespace() as name:
        yield name


@pytest.fixture(scope="session")
def crds(request: pytest.FixtureRequest, kubectl: Run) -> None:
    """Bring the custom resource definitions of this checkout into the cluster."""
    folder = str(request.config.rootpath / "crds")
    kubectl("apply", "--server-side", "--force-conflicts", "-f", folder, check=True)
    kubectl("wait", "--for=condition=Established", "--timeout=60s", "-f", folder, check=True)
