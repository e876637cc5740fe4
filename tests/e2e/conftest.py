"""The operator as Helm installs it, one store for all tests, and a lab for each."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

import pytest
from tests.e2e import installation
from tests.e2e.lab import Lab, Run

from tidewheel_contracts.api.v1alpha1.artifact_store import ArtifactStoreSpec
from tidewheel_dev import images

if TYPE_CHECKING:
    from tidewheel_dev.cluster import ClusterHandle

NewNamespace = Callable[[], AbstractContextManager[str]]


@pytest.fixture(scope="session")
def operator(cluster: "ClusterHandle", kubectl: Run) -> None:
    """Install the operator by the chart, as the README says."""
    images.ensure()
    installation.install(cluster, kubectl)


@pytest.fixture(scope="session")
def shared_store(
    operator: None, new_namespace: NewNamespace, kubectl: Run
) -> Iterator[installation.SharedStore]:
    """Start one SeaweedFS that all labs use, each with its own prefixes."""
    with new_namespace() as name:
        yield installation.start_store(kubectl, name)


@pytest.fixture
def lab(shared_store: installation.SharedStore, namespace: str, kubectl: Run) -> Lab:
    """Return a namespace with credentials and an ArtifactStore."""
    made = Lab(namespace, kubectl, shared_store.bucket)
    made.create_object(shared_store.secret("tidewheel-s3"))
    made.create(
        "ArtifactStore",
        "default",
        ArtifactStoreSpec(
            endpoint=shared_store.endpoint,
            bucket=shared_store.bucket.name,
            prefix=f"tidewheel-{namespace}",
            secret_name="tidewheel-s3",
        ),
    )
    return made


@pytest.fixture
def webhook(operator: None, kubectl: Run) -> str:
    """Return the URL of the alert webhook; the chart's Service is routed from this machine."""
    done = kubectl(
        "-n", installation.NAMESPACE, "get", "service", "tidewheel", "-o", "json", check=True
    )
    return f"http://{json.loads(done.stdout)['spec']['clusterIP']}:8090"
