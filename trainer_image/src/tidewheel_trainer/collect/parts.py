"""The parts of a snapshot, on disk and in the store, each under the digest of its bytes."""

from collections.abc import Iterable
from pathlib import Path

from tidewheel_contracts.artifact import layout
from tidewheel_contracts.artifact.snapshot import SnapshotPart
from tidewheel_trainer.collect.task import Task
from tidewheel_trainer.part_file import fetch_part

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
            fetch_part(task.store, task.folder, part, path)
        paths.append(path)
    return paths
