"""The parts of a snapshot, on disk and in the store, each under the digest of its bytes."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from tidewheel_contracts.artifact import layout
from tidewheel_contracts.artifact.snapshot import SnapshotPart
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.collect.task import Task
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.store import ObjectMissingError

__all__ = ["local_parts", "part_path", "stored"]


def part_path(task: Task, part: SnapshotPart) -> Path:
    """Return where a part lies on disk, if it does."""
    return task.scratch / f"{part.sha256}.parquet"


def stored(task: Task, parts: Iterable[SnapshotPart]) -> None:
    """Put parts that lie on disk into the store, unless the same bytes are there."""
    for part in parts:
        key = layout.part_key(task.folder, part.sha256)
        if not task.store.has(key):
            task.store.put_if_absent(key, part_path(task, part))


def local_parts(task: Task, parts: Iterable[SnapshotPart]) -> list[Path]:
    """Return files of the parts, in their order; those of earlier collections are fetched.

    Raises:
        TrainerError: ArtifactDamaged, when a part is gone or has other bytes.
    """
    paths = []
    for part in parts:
        path = part_path(task, part)
        if not path.exists():
            _fetch(task, part, path)
        paths.append(path)
    return paths


def _fetch(task: Task, part: SnapshotPart, path: Path) -> None:
    key = layout.part_key(task.folder, part.sha256)
    try:
        task.store.get_to_file(key, path)
    except ObjectMissingError as error:
        raise _damaged(f"the snapshot's part {key!r} is missing") from error
    with path.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != part.sha256:
        raise _damaged(f"the snapshot's part {key!r} has other bytes (SHA-256 {found})")


def _damaged(fault: str) -> TrainerError:
    return TrainerError(
        FailureReason.ARTIFACT_DAMAGED,
        f"{fault}; restore it from a backup of the bucket, or delete the newest snapshot's "
        "manifest: the next collection reads the source anew",
    )
