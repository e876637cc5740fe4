"""Make the snapshot that a source amounts to now; read only what is new, publish the manifest last.

list -> same fingerprint? -> previous snapshot
     -> published by an earlier attempt? -> that snapshot
     -> read new and changed objects -> parts -> source index -> report -> manifest

Snapshots are cumulative: the part of an object that vanished from the prefix stays, unless the
object only has another key now. Parts are ordered by their latest time, then by their digest, so
the snapshot depends neither on the objects' keys nor on how many looks it took.
"""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from tidewheel_contracts.api.v1alpha1.common import Column
from tidewheel_contracts.api.v1alpha1.dataset import Snapshot
from tidewheel_contracts.artifact import layout
from tidewheel_contracts.artifact.snapshot import (
    SnapshotColumn,
    SnapshotManifest,
    SnapshotPart,
    SourceIndex,
    SourceObject,
    manifest_bytes,
    manifest_digest,
)
from tidewheel_contracts.job import CollectRequest, CollectResult, FailureReason
from tidewheel_trainer.collect.columns import Agreement, Roles, agreement
from tidewheel_trainer.collect.listing import fingerprint, source_objects
from tidewheel_trainer.collect.part_writer import read_schema, write_part
from tidewheel_trainer.collect.previous import Previous, finished_before, previous_snapshot
from tidewheel_trainer.collect.publish import publish
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.progress import Progress
from tidewheel_trainer.store import ObjectMissingError, Store, StoredObject
from tidewheel_trainer.surroundings import Surroundings

__all__ = ["collect"]

_COLUMNS_IN_STATUS = 32
_TYPE_TEXT_IN_STATUS = 32


@dataclass(frozen=True, slots=True)
class _Task:
    """Everything that the steps of one collection share."""

    bucket: str
    prefix: str
    folder: str
    extends: str | None
    roles: Roles
    store: Store
    surroundings: Surroundings
    progress: Progress


@dataclass(frozen=True, slots=True)
class _Gathered:
    """The snapshot's columns, its objects in order of parts, and names of columns left out."""

    columns: tuple[SnapshotColumn, ...]
    objects: tuple[SourceObject, ...]
    ignored: tuple[str, ...]


def collect(
    request: CollectRequest, store: Store, surroundings: Surroundings, progress: Progress
) -> CollectResult:
    """Return the snapshot of the source as it is now, after publishing it.

    Raises:
        TrainerError: with the reasons SourceEmpty, SourceUnreadable, ColumnMissing,
            ColumnTypeChanged and those of the store.
    """
    task = _task(request, store, surroundings, progress)
    progress("Listing", 0, f"list the objects below {task.prefix}")
    listed = source_objects(store, task.prefix)
    if not listed:
        raise TrainerError(
            FailureReason.SOURCE_EMPTY,
            f"bucket {task.bucket!r} has no object whose key begins with {task.prefix!r}; upload "
            "Parquet files there or correct the Dataset's prefix",
        )
    mark = fingerprint(listed)
    previous = previous_snapshot(request, store)
    if previous is not None and previous.fingerprint == mark:
        progress("Finished", 100, "the source is as it was")
        return _told_again(previous)
    finished = finished_before(request, store, mark)
    if finished is not None:
        progress("Finished", 100, "an earlier attempt published this snapshot")
        return _told_again(finished)
    return _new_snapshot(task, listed, mark, previous)


def _task(
    request: CollectRequest, store: Store, surroundings: Surroundings, progress: Progress
) -> _Task:
    if request.source.s3 is None:
        raise TrainerError(FailureReason.REQUEST_INVALID, "`source` must name one source: `s3`")
    spec = request.store.spec
    return _Task(
        bucket=spec.bucket,
        prefix=request.source.s3.prefix,
        folder=layout.dataset_folder(spec.prefix, request.store.namespace, request.dataset_name),
        extends=request.previous.snapshot.digest if request.previous else None,
        roles=Roles(request.target.column, request.time.column if request.time else None),
        store=store,
        surroundings=surroundings,
        progress=progress,
    )


def _new_snapshot(
    task: _Task, listed: tuple[StoredObject, ...], mark: str, previous: Previous | None
) -> CollectResult:
    started = task.surroundings.moment()
    gathered = _gather(task, listed, previous)
    manifest = _manifest(gathered, task.roles)
    if manifest.rows == 0:
        raise TrainerError(
            FailureReason.SOURCE_EMPTY,
            f"none of the objects below {task.prefix!r} in bucket {task.bucket!r} has a row; "
            "upload data there",
        )
    data = manifest_bytes(manifest)
    digest = manifest_digest(data)
    key = layout.snapshot_key(task.folder, digest.removeprefix("sha256:"))
    task.progress("Publishing", 95, f"publish the snapshot {digest}")
    index = SourceIndex(
        snapshot_digest=digest,
        extends=task.extends,
        ignored_columns=gathered.ignored,
        objects=gathered.objects,
    )
    publish(task.store, task.folder, mark, index, data, started, task.surroundings)
    task.progress("Finished", 100, f"{manifest.rows:,} rows in {len(manifest.parts)} parts")
    return _result(manifest, digest, key, mark, gathered.ignored)


def _gather(task: _Task, listed: tuple[StoredObject, ...], previous: Previous | None) -> _Gathered:
    """Read new and changed objects in order of their keys and write their parts to the store."""
    kept = dict(previous.objects) if previous else {}
    columns = previous.manifest.columns if previous and kept else ()
    new = [entry for entry in listed if not _is_known(entry, kept.get(entry.key))]
    ignored: set[str] = set()
    for position, entry in enumerate(new):
        percent = 5 + 90 * position // len(new)
        task.progress("Reading", percent, f"object {position + 1} of {len(new)}: {entry.key}")
        agreed, part = _store_part(task, entry, columns)
        columns = agreed.columns
        ignored.update(agreed.ignored)
        kept[entry.key] = SourceObject(
            key=entry.key, size_bytes=entry.size_bytes, etag=entry.etag, part=part
        )
    return _Gathered(columns, _in_order(kept, listed), tuple(sorted(ignored)))


def _in_order(
    kept: dict[str, SourceObject], listed: tuple[StoredObject, ...]
) -> tuple[SourceObject, ...]:
    """Return what the snapshot holds; a renamed object is one that vanished and is still there."""
    present = {entry.key for entry in listed}
    parts = {kept[key].part.sha256 for key in present}
    objects = [
        entry for key, entry in kept.items() if key in present or entry.part.sha256 not in parts
    ]
    return tuple(sorted(objects, key=_place))


def _place(entry: SourceObject) -> tuple[str, str, str]:
    """Return what orders parts; the key only where equal parts leave nothing to choose."""
    return (_order_of_time(entry.part.latest_time or ""), entry.part.sha256, entry.key)


def _store_part(
    task: _Task, entry: StoredObject, columns: tuple[SnapshotColumn, ...]
) -> tuple[Agreement, SnapshotPart]:
    """Read one object and put its part into the store, unless the same bytes are there."""
    with tempfile.TemporaryDirectory(dir=task.surroundings.scratch) as name:
        source, target = Path(name) / "source", Path(name) / "part"
        _download(task.store, entry, source)
        agreed = agreement(columns, read_schema(source, entry.key), task.roles, entry.key)
        part = write_part(source, target, agreed.part_schema, task.roles, entry.key)
        key = layout.part_key(task.folder, part.sha256)
        if not task.store.has(key):
            task.store.put_if_absent(key, target)
    return agreed, part


def _is_known(entry: StoredObject, known: SourceObject | None) -> bool:
    return known is not None and (known.size_bytes, known.etag) == (entry.size_bytes, entry.etag)


def _download(store: Store, entry: StoredObject, path: Path) -> None:
    try:
        store.get_to_file(entry.key, path)
    except ObjectMissingError as error:
        raise TrainerError(
            FailureReason.STORE_UNAVAILABLE,
            f"object {entry.key!r} vanished while the source was read; the next attempt lists anew",
        ) from error


def _manifest(gathered: _Gathered, roles: Roles) -> SnapshotManifest:
    parts = tuple(entry.part for entry in gathered.objects)
    moments = [part.latest_time for part in parts if part.latest_time is not None]
    return SnapshotManifest(
        columns=gathered.columns,
        target=roles.target,
        time=roles.time,
        parts=parts,
        rows=sum(part.rows for part in parts),
        labelled_rows=sum(part.labelled_rows for part in parts),
        latest_time=max(moments, key=_order_of_time, default=None),
    )


def _order_of_time(text: str) -> str:
    # Without its Z the text of an earlier moment is a prefix of, or sorts before, a later one's.
    return text.removesuffix("Z")


def _told_again(known: Previous) -> CollectResult:
    return _result(
        known.manifest, known.digest, known.manifest_key, known.fingerprint, known.ignored
    )


def _result(
    manifest: SnapshotManifest, digest: str, key: str, mark: str, ignored: tuple[str, ...]
) -> CollectResult:
    columns = manifest.columns[:_COLUMNS_IN_STATUS]
    return CollectResult(
        snapshot=Snapshot(
            digest=digest,
            manifest_key=key,
            rows=manifest.rows,
            labelled_rows=manifest.labelled_rows,
            size_bytes=sum(part.size_bytes for part in manifest.parts),
            parts=len(manifest.parts),
            latest_time=manifest.latest_time,
        ),
        source_fingerprint=mark,
        columns=tuple(
            Column(name=column.name, type=column.type[:_TYPE_TEXT_IN_STATUS]) for column in columns
        ),
        ignored_columns=ignored,
    )
