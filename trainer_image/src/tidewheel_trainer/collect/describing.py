"""What is told beside a snapshot: when and where it was made, its profile, a page for people."""

from tidewheel_contracts.artifact import layout
from tidewheel_contracts.artifact.snapshot import SnapshotManifest, SourceIndex
from tidewheel_trainer.collect.finishing import Finished
from tidewheel_trainer.collect.task import Task

__all__ = ["described"]


def described(
    task: Task,
    manifest: SnapshotManifest,
    done: Finished,
    index: SourceIndex,
    started: str,
    changes: tuple[str, ...],
) -> tuple[dict[str, object], dict[str, bytes]]:
    """Return the report, and the files that lie beside the manifest by their suffixes."""
    report: dict[str, object] = {
        "startedAt": started,
        "endedAt": task.surroundings.moment(),
        "host": task.surroundings.host,
        "gitRevision": task.surroundings.git_revision,
        "libraries": task.surroundings.libraries,
        "pieces": len(index.pieces),
        "schemaChanges": list(changes),
        "quarantine": [layout.part_key(task.folder, part.sha256) for part in done.quarantine],
    }
    return report, {}
