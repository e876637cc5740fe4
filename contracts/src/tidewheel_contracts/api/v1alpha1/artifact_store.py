"""ArtifactStore: the S3-compatible bucket that a namespace's snapshots and models live in."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from tidewheel_contracts.api.kind import Kind, PrinterColumn
from tidewheel_contracts.api.model import (
    ApiModel,
    BucketName,
    EndpointUrl,
    ObjectName,
    Region,
    Words,
)
from tidewheel_contracts.api.v1alpha1.common import AGE, MESSAGE, READY, Status
from tidewheel_contracts.api.v1alpha1.signing import Signing

__all__ = ["ARTIFACT_STORE", "ArtifactStoreSpec", "ChecksumMode", "Reason"]


class ChecksumMode(StrEnum):
    """When the client adds checksums to uploads; some S3-compatible stores refuse them."""

    WHEN_REQUIRED = "WhenRequired"
    WHEN_SUPPORTED = "WhenSupported"


class Reason(StrEnum):
    """Reasons of the Ready condition of an ArtifactStore."""

    ACCEPTED = "Accepted"  # the spec is usable; Jobs and servers report whether the store answers
    INVALID = "Invalid"  # the stored object does not satisfy this version's schema


class ArtifactStoreSpec(ApiModel):
    """Where the bucket is and which Secret opens it; the operator itself never reads either."""

    endpoint: Annotated[
        EndpointUrl,
        Field(description="URL of the S3 endpoint: scheme, host and port, no path."),
    ]
    bucket: Annotated[BucketName, Field(description="Bucket of raw data, snapshots and models.")]
    prefix: Annotated[
        str,
        Field(
            max_length=200,
            pattern=r"^([A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*)?$",
            description="Folder of the bucket that Tidewheel writes below.",
        ),
        Words(
            "must be names joined by '/', without a slash at either end, of letters, digits, '_', "
            "'-' and '.', none starting with '.'"
        ),
    ] = "tidewheel"
    region: Annotated[Region, Field(description="S3 region.")] = "us-east-1"
    secret_name: Annotated[
        ObjectName,
        Field(
            description="Secret with the keys AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, "
            "mounted by Jobs and servers."
        ),
    ]
    checksum_mode: Annotated[
        ChecksumMode, Field(description="When uploads carry additional checksums.")
    ] = ChecksumMode.WHEN_REQUIRED
    signing: Annotated[
        Signing | None,
        Field(description="How models are signed, and whether only signed ones are loaded."),
    ] = None


ARTIFACT_STORE = Kind(
    name="ArtifactStore",
    plural="artifactstores",
    short_name="astore",
    description="The S3-compatible bucket of a namespace's data, snapshots and models.",
    spec=ArtifactStoreSpec,
    status=Status,
    columns=(
        PrinterColumn("Endpoint", ".spec.endpoint"),
        PrinterColumn("Bucket", ".spec.bucket"),
        PrinterColumn("SignedOnly", ".spec.signing.required", type="boolean", wide=True),
        READY,
        MESSAGE,
        AGE,
    ),
    root_rules=(
        (
            "self.metadata.name == 'default'",
            "`metadata.name` must be 'default': a namespace has one ArtifactStore",
        ),
    ),
)
