"""A client of one S3 endpoint, with keys of its own and every host it talks to guarded."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config

from tidewheel_contracts.api.v1alpha1.artifact_store import ArtifactStoreSpec, ChecksumMode
from tidewheel_trainer.egress.guard import Guard

__all__ = ["KEY_NAMES", "s3_client"]

KEY_NAMES = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
_CHECKSUMS = {
    ChecksumMode.WHEN_REQUIRED: "when_required",
    ChecksumMode.WHEN_SUPPORTED: "when_supported",
}
_PORTS = {"http": 80, "https": 443}


def s3_client(
    spec: ArtifactStoreSpec, keys: Mapping[str, str], guard: Guard | None, attempts: int
) -> Any:  # noqa: ANN401  botocore makes the class at run time
    """Return a client that signs with version 4 and tries each request so many times.

    Args:
        spec: endpoint, region and checksum mode.
        keys: values of KEY_NAMES.
        guard: asked before each request, so that a redirect to another host is asked about too.
        attempts: with botocore's pauses between them, 6 are about a minute.
    """
    client = boto3.client(
        "s3",
        endpoint_url=spec.endpoint,
        region_name=spec.region,
        aws_access_key_id=keys[KEY_NAMES[0]],
        aws_secret_access_key=keys[KEY_NAMES[1]],
        config=Config(
            connect_timeout=5,
            read_timeout=60,
            retries={"mode": "standard", "total_max_attempts": attempts},
            s3={"addressing_style": "path"},
            signature_version="s3v4",
            request_checksum_calculation=_CHECKSUMS[spec.checksum_mode],
            response_checksum_validation=_CHECKSUMS[spec.checksum_mode],
        ),
    )
    if guard is not None:

        def ask(request: Any, **_: object) -> None:  # noqa: ANN401
            url = urlsplit(request.url)
            guard.address_of(url.hostname or "", url.port or _PORTS[url.scheme])

        client.meta.events.register("before-send.s3", ask)
    return client
