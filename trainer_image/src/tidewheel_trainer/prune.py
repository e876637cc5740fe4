"""Remove old snapshots and the parts that only they had; the manifest goes first.

A snapshot without its manifest is none, so a program that dies anywhere leaves no half snapshot,
and the next one removes the rest. Collections of the same Dataset never run at the same time.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from pydantic import ValidationError

from tidewheel_contracts.artifact import layout
from tidewheel_contracts.artifact.snapshot import SnapshotManifest, SourceIndex
from tidewheel_contracts.job import FailureReason, PruneRequest, PruneResult
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.manifests import SNAPSHOT_REMEDY
from tidewheel_trainer.progress import Progress
from tidewheel_trainer.store import ObjectMissingError, Store

__all__ = ["prune"]

_SHA256_HEX = 64


def prune(request: PruneRequest, store: Store, now: datetime, progress: Progress) -> PruneResult:
    """Return how much was removed.

    Raises:
        TrainerError: ArtifactDamaged, when a manifest that stays cannot be read: then nobody knows
            which parts it has, and none is removed; and the reasons of the store.
    """
    spec = request.store.spec
    folder = layout.dataset_folder(spec.prefix, request.store.namespace, request.dataset_name)
    keys = [entry.key for entry in store.list_objects(f"{folder}/")]
    snapshots = _snapshots(folder, keys)
    made = {name: _made_at(store, folder, name, now) for name in snapshots}
    old = _old(request, made, now)
    progress("Pruning", 10, f"{len(old)} of {len(snapshots)} snapshots go")
    for name in old:
        store.delete(layout.snapshot_key(folder, name))
    stay = [name for name in snapshots if name not in old]
    wanted = _wanted(store, folder, keys, stay)
    parts = 0
    for key in keys:
        if key in wanted or key == layout.snapshot_key(folder, _name_of(key)):
            continue
        store.delete(key)
        parts += key.startswith(f"{folder}/parts/")
    progress("Finished", 100, f"{len(old)} snapshots and {parts} parts are removed")
    return PruneResult(snapshots=len(old), parts=parts)


def _snapshots(folder: str, keys: Iterable[str]) -> list[str]:
    return [name for key in keys if key == layout.snapshot_key(folder, name := _name_of(key))]


def _name_of(key: str) -> str:
    return key.rpartition("/")[2][:_SHA256_HEX]


def _made_at(store: Store, folder: str, name: str, now: datetime) -> datetime:
    """Return when a snapshot was made; one whose report is gone counts as new."""
    try:
        report = json.loads(store.get(layout.report_key(folder, name)))
        return datetime.fromisoformat(report["endedAt"])
    except (ObjectMissingError, ValueError, KeyError):
        return now


def _old(request: PruneRequest, made: Mapping[str, datetime], now: datetime) -> set[str]:
    """Return the names of snapshots that nobody uses and that are neither new nor young."""
    retention = request.retention
    in_use = {digest.removeprefix("sha256:") for digest in request.in_use}
    newest_first = sorted(made, key=lambda name: (made[name], name), reverse=True)
    limit = now - timedelta(seconds=retention.minimum_age_seconds)
    return {
        name
        for name in newest_first[retention.snapshots :]
        if name not in in_use and made[name] < limit
    }


def _wanted(store: Store, folder: str, keys: list[str], stay: list[str]) -> set[str]:
    """Return the keys of everything that belongs to the snapshots that stay."""
    wanted: set[str] = set()
    for name in stay:
        prefix = layout.described_key(folder, name, "")
        wanted.update(key for key in keys if key.startswith(prefix))
        wanted.update(_parts_of_snapshot(store, folder, name))
    for key in keys:
        if key.startswith(f"{folder}/sources/"):
            wanted.update(_index_and_parts(store, folder, key, stay))
        if key.startswith(f"{folder}/failures/"):
            wanted.add(key)
    return wanted


def _parts_of_snapshot(store: Store, folder: str, name: str) -> Iterable[str]:
    key = layout.snapshot_key(folder, name)
    try:
        manifest = SnapshotManifest.model_validate_json(store.get(key))
    except (ObjectMissingError, ValidationError) as error:
        raise TrainerError(
            FailureReason.ARTIFACT_DAMAGED,
            f"the snapshot's manifest {key!r} cannot be read, so nothing but old manifests was "
            f"removed; {SNAPSHOT_REMEDY}",
        ) from error
    return [layout.part_key(folder, part.sha256) for part in manifest.parts]


def _index_and_parts(store: Store, folder: str, key: str, stay: list[str]) -> list[str]:
    """Return an index and the parts that a collection on top of its snapshot will need."""
    try:
        index = SourceIndex.model_validate_json(store.get(key))
    except (ObjectMissingError, ValidationError):
        return []
    if index.snapshot_digest.removeprefix("sha256:") not in stay:
        return []
    parts = (part for piece in index.pieces for part in (*piece.parts, *piece.quarantine))
    return [key, *(layout.part_key(folder, part.sha256) for part in parts)]
