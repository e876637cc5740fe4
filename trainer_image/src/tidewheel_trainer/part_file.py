"""Bring a snapshot's part from the store to a file, and believe only the bytes that name it."""

import hashlib
from pathlib import Path

from tidewheel_contracts.artifact import layout
from tidewheel_contracts.artifact.snapshot import SnapshotPart
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.store import ObjectMissingError, Store

__all__ = ["fetch_part"]


def fetch_part(store: Store, folder: str, part: SnapshotPart, file: Path) -> None:
    """Write a part of the dataset's folder to a file.

    Raises:
        TrainerError: ArtifactDamaged, when the part is missing or has other bytes.
    """
    key = layout.part_key(folder, part.sha256)
    try:
        store.get_to_file(key, file)
    except ObjectMissingError as error:
        raise _damaged(f"the snapshot's part {key!r} is missing") from error
    with file.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != part.sha256:
        raise _damaged(f"the snapshot's part {key!r} has other bytes (SHA-256 {found})")


def _damaged(fault: str) -> TrainerError:
    return TrainerError(
        FailureReason.ARTIFACT_DAMAGED,
        f"{fault}; restore it from a backup of the bucket, or delete it and the snapshot's "
        "manifest: the next collection reads the source anew",
    )
