"""What a bucket answers, in words for the person who named it: in an ArtifactStore or a Dataset."""

from dataclasses import dataclass

from botocore.exceptions import ClientError, HTTPClientError

from tidewheel_contracts.api.v1alpha1.artifact_store import ArtifactStoreSpec
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError

__all__ = [
    "ABSENT",
    "CONFLICT",
    "SOURCE",
    "STORE",
    "TAKEN",
    "Role",
    "code_of",
    "explained",
    "unanswered",
]

ABSENT = frozenset({"404", "NoSuchKey", "NotFound"})
TAKEN = frozenset({"412", "PreconditionFailed"})
# Amazon answers this when another conditional write of the same key is under way.
CONFLICT = frozenset({"409", "ConditionalRequestConflict"})
_REFUSED = frozenset(
    {
        "401",
        "403",
        "AccessDenied",
        "AccountProblem",
        "ExpiredToken",
        "Forbidden",
        "InvalidAccessKeyId",
        "SignatureDoesNotMatch",
    }
)


@dataclass(frozen=True, slots=True)
class Role:
    """What a bucket is to us.

    Args:
        owner: what a person wrote that names the bucket.
        rights: what its keys must allow.
        lasting: what to check when a fault stays.
        refused: the reason when the keys are missing or refused.
        unavailable: the reason when nothing or nothing useful is answered.
    """

    owner: str
    rights: str
    lasting: str
    refused: FailureReason
    unavailable: FailureReason


STORE = Role(
    owner="the ArtifactStore's",
    rights="list, read and write",
    lasting="the ArtifactStore's endpoint, region and checksumMode, and that the store knows "
    "`If-None-Match`",
    refused=FailureReason.CREDENTIALS_REFUSED,
    unavailable=FailureReason.STORE_UNAVAILABLE,
)
SOURCE = Role(
    owner="the source's",
    rights="list and read",
    lasting="the source's endpoint and region",
    refused=FailureReason.SOURCE_REFUSED,
    unavailable=FailureReason.SOURCE_UNAVAILABLE,
)


def code_of(error: ClientError) -> str:
    """Return S3's name of an error, or the status where there is only that."""
    return str(error.response.get("Error", {}).get("Code", ""))


def explained(error: ClientError, key: str, spec: ArtifactStoreSpec, role: Role) -> TrainerError:
    """Return the error for people."""
    code = code_of(error)
    if code == "NoSuchBucket":
        return TrainerError(
            FailureReason.BUCKET_MISSING,
            f"the store {spec.endpoint} has no bucket {spec.bucket!r}; create it or correct "
            f"{role.owner} bucket",
        )
    if code in _REFUSED:
        return TrainerError(
            role.refused,
            f"the store {spec.endpoint} refused the keys of Secret {spec.secret_name!r} for "
            f"{key!r} in bucket {spec.bucket!r} ({code}); check the Secret and the key's "
            f"rights to {role.rights}",
        )
    return TrainerError(
        role.unavailable,
        f"the store {spec.endpoint} answered {code} for key {key!r}; if that lasts, check "
        f"{role.lasting}",
    )


def unanswered(error: Exception, key: str, spec: ArtifactStoreSpec, role: Role) -> TrainerError:
    """Return the error for a request without an answer; what the egress guard says stands."""
    cause = error.kwargs.get("error") if isinstance(error, HTTPClientError) else None
    if isinstance(cause, TrainerError):
        return cause
    return TrainerError(
        role.unavailable,
        f"the store {spec.endpoint} does not answer: {type(error).__name__} for key {key!r}; "
        f"check {role.owner} endpoint and that the store runs",
    )
