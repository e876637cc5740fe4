"""What is told beside a snapshot: when and where it was made, its profile, a page for people."""

import json
from collections.abc import Sequence

from tidewheel_contracts.artifact import layout
from tidewheel_contracts.artifact.snapshot import SnapshotManifest, SourceIndex, manifest_bytes
from tidewheel_trainer.collect.finishing import Finished
from tidewheel_trainer.collect.parts import local_parts
from tidewheel_trainer.collect.task import Task
from tidewheel_trainer.describe.profile import snapshot_profile
from tidewheel_trainer.describe.report import report_html

__all__ = ["described"]


def described(
    task: Task,
    manifest: SnapshotManifest,
    done: Finished,
    index: SourceIndex,
    started: str,
    changes: tuple[str, ...],
    notes: Sequence[str],
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
        "notes": list(notes),
        "quarantine": [layout.part_key(task.folder, part.sha256) for part in done.quarantine],
    }
    parts = local_parts(task, done.parts)
    profile = snapshot_profile(parts, manifest, task.request.split, task.memory)
    page = report_html(manifest, profile, (), changes, _facts(task, index))
    return report, {"profile.json": manifest_bytes(profile), "html": page.encode()}


def _facts(task: Task, index: SourceIndex) -> dict[str, str]:
    ((kind, source),) = task.request.source.to_wire().items()
    return {
        "Dataset": f"{task.request.store.namespace}/{task.request.dataset_name}",
        "Digest": index.snapshot_digest,
        "Source": f"{kind} {json.dumps(source, ensure_ascii=False)}",
        "Pieces": f"{len(index.pieces):,}",
        "Left out": ", ".join(index.ignored_columns) or "no column",
    }
