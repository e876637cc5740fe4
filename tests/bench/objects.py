"""What the measurements make: loops without pipelines, so that each object stands for itself."""

from datetime import UTC, datetime

from tests.bench.client import Client
from tests.builders import (
    Object,
    make_dataset,
    make_deployment,
    make_run,
    make_snapshot,
    make_store,
    make_version,
    time_text,
)

from tidewheel_contracts.api.kind import GROUP, VERSION
from tidewheel_contracts.api.v1alpha1.dataset import DatasetStatus

__all__ = [
    "collection",
    "make_namespace",
    "make_ready_namespace",
    "named_deployment",
    "named_run",
    "named_version",
]

Item = tuple[str, Object]
# What the API server adds; builders give objects back as stored.
_SERVER_FIELDS = frozenset({"uid", "resourceVersion", "generation", "creationTimestamp"})


def collection(namespace: str, plural: str) -> str:
    """Return the path of one of our kinds in a namespace."""
    return f"/apis/{GROUP}/{VERSION}/namespaces/{namespace}/{plural}"


def make_namespace(client: Client, name: str) -> None:
    """Make an empty namespace."""
    manifest = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    client.create(("/api/v1/namespaces", manifest))


def make_ready_namespace(client: Client, name: str) -> None:
    """Make a namespace in which a run gets its Job at once: store and snapshot are there."""
    make_namespace(client, name)
    # No refresh falls due during a measurement: a refresh is work, not rest.
    dataset = make_dataset(metadata={"namespace": name}, refresh={"every_seconds": 86400})
    client.create(
        _new("artifactstores", make_store({"namespace": name})), _new("datasets", dataset)
    )
    # As after a collection of this moment.
    now = time_text(datetime.now(UTC))
    status = DatasetStatus(
        snapshot=make_snapshot(),
        last_check_time=now,
        last_attempt_time=now,
        collections=1,
        collected_generation=1,
    )
    client.patch_status((f"{collection(name, 'datasets')}/flights", status.to_wire()))


def named_run(namespace: str, name: str) -> Item:
    """Return a run and where to create it."""
    return _new("trainingruns", make_run(name, metadata={"namespace": namespace}))


def named_version(namespace: str, model: str, number: int) -> Item:
    """Return a version and where to create it."""
    item = make_version(
        number, model, run_uid=f"{namespace}-{model}-{number}", metadata={"namespace": namespace}
    )
    return _new("modelversions", item)


def named_deployment(namespace: str, model: str) -> Item:
    """Return a ModelDeployment of the model's name and where to create it."""
    item = make_deployment(model, metadata={"namespace": namespace}, model_name=model, replicas=1)
    return _new("modeldeployments", item)


def _new(plural: str, item: Object) -> Item:
    metadata = {key: item["metadata"][key] for key in item["metadata"] if key not in _SERVER_FIELDS}
    bare = {key: item[key] for key in item if key != "status"}
    return collection(metadata["namespace"], plural), {**bare, "metadata": metadata}
