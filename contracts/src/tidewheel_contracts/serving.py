"""What the operator tells a model server: one request file, mounted as Jobs get theirs."""

from typing import Literal

from tidewheel_contracts.api.model import Digest
from tidewheel_contracts.job import Store, Wire

__all__ = ["HTTP_PORT", "ServeRequest"]

HTTP_PORT = 8080


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
