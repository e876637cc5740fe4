"""The operator as Helm installs it, one store for all tests, and a lab for each."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

import pytest
from tests.e2e.installation import (
    ALERT_NAMESPACE,
    EGRESS,
    LOOP_NAMESPACE,
    SharedStore,
    furnish,
    start_store,
)
from tests.e2e.lab import Lab, Run, dataset_spec, visits

from tidewheel_dev import api, images
from tidewheel_dev.demo.context import Site, site_of
from tidewheel_dev.demo.install import install_operator
from tidewheel_dev.demo.reach import ByAddress

if TYPE_CHECKING:
    from tidewheel_dev.cluster import ClusterHandle

NewNamespace = Callable[[], AbstractContextManager[str]]


@pytest.fixture(scope="session")
def site(cluster: "ClusterHandle") -> Site:
    """Return the cluster with the images of this checkout in it."""
    images.ensure()
    reach = ByAddress(api.connect(cluster.kubeconfig))
    return site_of(cluster.kubeconfig, cluster.kubectl, cluster.helm, reach)


@pytest.fixture(scope="session")
def alert_token(site: Site) -> str:
    """Install the operator by the chart, as the demo does; return the token of its webhook."""
    return install_operator(site, [ALERT_NAMESPACE, LOOP_NAMESPACE], EGRESS)


@pytest.fixture(scope="session")
def shared_store(
    alert_token: str, new_namespace: NewNamespace, kubectl: Run
) -> Iterator[SharedStore]:
    """Start one SeaweedFS that all labs use, each with its own prefixes."""
    with new_namespace() as name:
        yield start_store(kubectl, name)


@pytest.fixture
def lab(shared_store: SharedStore, namespace: str, kubectl: Run) -> Lab:
    """Return a namespace with credentials and an ArtifactStore."""
    return furnish(namespace, kubectl, shared_store)


@pytest.fixture
def shop(lab: Lab) -> Lab:
    """Return a lab with thirty days of visits in a snapshot."""
    lab.put("shop", "1.parquet", visits(0, 30))
    lab.create("Dataset", "shop", dataset_spec(lab, "shop"))
    lab.wait_ready("dataset", "shop", ["SnapshotReady"])
    return lab


@pytest.fixture
def me(lab: Lab) -> str:
    """Return the user name that the API server knows us by."""
    answer = json.loads(lab.run("auth", "whoami", "-o", "json"))
    name: str = answer["status"]["userInfo"]["username"]
    return name
