"""Believe a manifest only when its bytes have the digest that names it."""

from typing import TypeVar

from pydantic import BaseModel, ValidationError

from tidewheel_contracts.api.v1alpha1.common import SnapshotReference
from tidewheel_contracts.artifact.snapshot import SnapshotManifest, manifest_digest
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.store import ObjectMissingError, Store

__all__ = ["SNAPSHOT_REMEDY", "believed_manifest", "snapshot_manifest"]

SNAPSHOT_REMEDY = (
    "restore it from a backup of the bucket, or delete it: the next collection reads the source "
    "anew"
)

Manifest = TypeVar("Manifest", bound=BaseModel)


def snapshot_manifest(store: Store, reference: SnapshotReference) -> SnapshotManifest | None:
    """Return the manifest of a snapshot; None when it is not there.

    Raises:
        TrainerError: ArtifactDamaged, or RequestInvalid for a form that this program cannot read.
    """
    key = reference.manifest_key
    try:
        data = store.get(key)
    except ObjectMissingError:
        return None
    subject = f"the snapshot's manifest {key!r}"
    return believed_manifest(
        data, reference.digest, SnapshotManifest, subject=subject, remedy=SNAPSHOT_REMEDY
    )


def believed_manifest(
    data: bytes, digest: str, form: type[Manifest], *, subject: str, remedy: str
) -> Manifest:
    """Return the manifest in `data`.

    Args:
        data: bytes as they lie in the store.
        digest: what they must hash to.
        form: what they are.
        subject: whose manifest it is and its key, for the message.
        remedy: what a person can do about damage.

    Raises:
        TrainerError: ArtifactDamaged, or RequestInvalid for a form that this program cannot read.
    """
    found = manifest_digest(data)
    if found != digest:
        raise TrainerError(
            FailureReason.ARTIFACT_DAMAGED,
            f"{subject} was changed: its digest is {found}, not {digest}; {remedy}",
        )
    try:
        return form.model_validate_json(data)
    except ValidationError as error:
        raise TrainerError(
            FailureReason.REQUEST_INVALID,
            f"{subject} has a form that this trainer image does not know; use the image of the "
            "release that wrote it, or a later one",
        ) from error
