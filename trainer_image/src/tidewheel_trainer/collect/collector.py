"""Make the snapshot that a source amounts to now; read only what is new, publish the manifest last.

look -> as the previous snapshot has it? -> that snapshot
     -> published by an earlier attempt? -> that snapshot
     -> gather new pieces -> too few rows? -> the previous snapshot
     -> steps of the whole -> checks -> index, report, profile -> manifest

Snapshots are cumulative: the parts of an object that vanished from the source stay, unless the
object only has another key now. Pieces are ordered by their latest time, then by their digests, so
the snapshot depends neither on the keys of objects nor on how many looks it took.
"""

import hashlib
import tempfile
from pathlib import Path

from tidewheel_contracts.artifact import layout
from tidewheel_contracts.artifact.snapshot import (
    SnapshotManifest,
    SourceIndex,
    SourcePosition,
    manifest_bytes,
    manifest_digest,
)
from tidewheel_contracts.job import CollectRequest, CollectResult
from tidewheel_trainer.check.drift import schema_changes
from tidewheel_trainer.collect.answering import failed_checks, result_of, source_empty, told_again
from tidewheel_trainer.collect.describing import described
from tidewheel_trainer.collect.finishing import Finished, check_failures, finished
from tidewheel_trainer.collect.gathering import Gathered, gathered
from tidewheel_trainer.collect.plan import planned
from tidewheel_trainer.collect.previous import Previous, finished_before, previous_snapshot
from tidewheel_trainer.collect.publish import publish
from tidewheel_trainer.collect.task import Task, task_of
from tidewheel_trainer.progress import Progress
from tidewheel_trainer.sources.connector import Connector, Look
from tidewheel_trainer.store import Store
from tidewheel_trainer.surroundings import Surroundings

__all__ = ["collect"]


def collect(
    request: CollectRequest,
    connector: Connector,
    store: Store,
    surroundings: Surroundings,
    progress: Progress,
) -> CollectResult:
    """Return the snapshot of the source as it is now, after publishing it.

    Raises:
        TrainerError: with the reasons of the source, the steps, the checks, the columns and the
            store.
    """
    plan = planned(request, is_repeatable=connector.is_repeatable)
    with tempfile.TemporaryDirectory(dir=surroundings.scratch) as folder:
        task = task_of(request, plan, store, surroundings, progress, Path(folder))
        return _collect(task, connector)


def _collect(task: Task, connector: Connector) -> CollectResult:
    task.progress("Looking", 0, "look at the source")
    previous = previous_snapshot(task.request, task.store, task.plan)
    look = connector.look(previous.position if previous else {})
    if previous is not None and previous.is_finished_alike:
        if look.fingerprint == previous.fingerprint:
            task.progress("Finished", 100, "the source is as it was")
            return told_again(previous, previous.fingerprint)
        if look.new_rows is not None and look.new_rows < _wanted(task, previous):
            return _waiting(task, previous, look.fingerprint, look.new_rows)
    if look.fingerprint is not None:
        before = finished_before(task.request, task.store, task.plan, look.fingerprint)
        if before is not None:
            task.progress("Finished", 100, "an earlier attempt published this snapshot")
            return told_again(before, look.fingerprint)
    found = gathered(task, connector, look, previous)
    if not found.pieces:
        raise source_empty(task.request)
    fingerprint = look.fingerprint or _fingerprint_of_rows(found)
    if previous is not None and previous.is_finished_alike:
        if fingerprint == previous.fingerprint:
            # Only reading told; describing and publishing it again would change nothing.
            task.progress("Finished", 100, "the source has the rows that it had")
            return told_again(previous, fingerprint)
        if found.new_rows < _wanted(task, previous):
            return _waiting(task, previous, fingerprint, found.new_rows)
    return _new_snapshot(task, connector, found, look, fingerprint, previous)


def _wanted(task: Task, previous: Previous) -> int:
    """Return how many new rows make a new snapshot."""
    refresh = task.request.refresh
    share = float(refresh.minimum_new_share) * previous.manifest.rows
    return max(refresh.minimum_new_rows, int(share))


def _waiting(
    task: Task, previous: Previous, fingerprint: str | None, new_rows: int
) -> CollectResult:
    wanted = _wanted(task, previous)
    task.progress("Finished", 100, f"{new_rows:,} of {wanted:,} new rows that make a snapshot")
    return told_again(previous, fingerprint or previous.fingerprint, waiting_rows=new_rows)


def _new_snapshot(
    task: Task,
    connector: Connector,
    found: Gathered,
    look: Look,
    fingerprint: str,
    previous: Previous | None,
) -> CollectResult:
    started = task.surroundings.moment()
    done = finished(task, found)
    positions = tuple(
        SourcePosition(name=name, value=value) for name, value in sorted(look.position.items())
    )
    manifest = _manifest(task, done, positions)
    if manifest.rows == 0:
        raise source_empty(task.request)
    failures = check_failures(task, done)
    if failures:
        raise failed_checks(task, fingerprint, failures)
    changes = schema_changes(previous.manifest.columns, done.columns) if previous else ()
    data = manifest_bytes(manifest)
    digest = manifest_digest(data)
    task.progress("Describing", 90, f"profile of {manifest.rows:,} rows")
    index = SourceIndex(
        snapshot_digest=digest,
        extends=task.extends,
        recipe=task.plan.recipe,
        finish=task.plan.finish,
        ignored_columns=found.ignored,
        columns=found.columns,
        fields=found.fields,
        positions=positions,
        pieces=found.pieces,
    )
    report, files = described(task, manifest, done, index, started, changes, connector.notes)
    task.progress("Publishing", 95, f"publish the snapshot {digest}")
    publish(task, fingerprint, index, data, report, files)
    task.progress("Finished", 100, f"{manifest.rows:,} rows in {len(manifest.parts)} parts")
    key = layout.snapshot_key(task.folder, digest.removeprefix("sha256:"))
    return result_of(manifest, digest, key, fingerprint, found.ignored, changes, connector.notes)


def _manifest(
    task: Task, done: Finished, positions: tuple[SourcePosition, ...]
) -> SnapshotManifest:
    moments = [part.latest_time for part in done.parts if part.latest_time is not None]
    target = task.roles.target
    assert target is not None  # noqa: S101 - a Dataset names one
    return SnapshotManifest(
        columns=done.columns,
        target=target,
        time=task.roles.time,
        parts=done.parts,
        rows=sum(part.rows for part in done.parts),
        labelled_rows=sum(part.labelled_rows for part in done.parts),
        # Without its Z the text of an earlier moment sorts before a later one's.
        latest_time=max(moments, key=lambda text: text.removesuffix("Z"), default=None),
        steps=done.steps,
        quarantined_rows=sum(part.rows for part in done.quarantine),
        positions=positions,
    )


def _fingerprint_of_rows(found: Gathered) -> str:
    """Return what tells sources apart that only reading tells apart: the bytes of their parts."""
    digest = hashlib.sha256()
    for piece in found.pieces:
        for part in piece.parts:
            digest.update(f"{piece.key} {part.sha256}\n".encode())
    return f"sha256:{digest.hexdigest()}"
