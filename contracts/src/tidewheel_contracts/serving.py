"""What the operator tells a model server: one request file, mounted as Jobs get theirs."""

from typing import Literal

from tidewheel_contracts.api.model import Digest
from tidewheel_contracts.api.v1alpha1.artifact_store import ArtifactStoreSpec
from tidewheel_contracts.job import Store, Wire

__all__ = ["GRPC_PORT", "HTTP_PORT", "ServeRequest", "store_of_servers"]

HTTP_PORT = 8080
GRPC_PORT = 8081


class ServeRequest(Wire):
    """Load this version and answer as this model."""

    kind: Literal["ServeRequest"] = "ServeRequest"
    store: Store
    model_name: str
    version_name: str
    version_number: int
    manifest_key: str
    manifest_digest: Digest
    artifact_digest: Digest


def store_of_servers(spec: ArtifactStoreSpec, namespace: str) -> Store:
    """Return a namespace's store with no more of `signing` than servers must know.

    They read the keys only where models must be signed; and who signs is not their business. So
    other changes of `signing` replace no pod.
    """
    signing = spec.signing if spec.signing is not None and spec.signing.required else None
    if signing is not None:
        signing = signing.model_copy(update={"secret_name": None})
    return Store(spec=spec.model_copy(update={"signing": signing}), namespace=namespace)
