"""What earlier collections published: the snapshot to extend, or the one that is asked for again.

Whatever does not fit (a changed target, a lost index) gives None or an empty index: then everything
is read again, which costs time and never rows of the present source.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import ValidationError

from tidewheel_contracts.api.v1alpha1.common import SnapshotReference
from tidewheel_contracts.artifact import layout
from tidewheel_contracts.artifact.snapshot import (
    SnapshotManifest,
    SourceIndex,
    SourceObject,
)
from tidewheel_contracts.job import CollectRequest
from tidewheel_trainer.manifests import snapshot_manifest
from tidewheel_trainer.store import ObjectMissingError, Store

__all__ = ["Previous", "finished_before", "previous_snapshot"]


@dataclass(frozen=True, slots=True)
class Previous:
    """A snapshot, its source objects by key, and the columns that its collection left out."""

    manifest: SnapshotManifest
    manifest_key: str
    digest: str
    fingerprint: str
    objects: Mapping[str, SourceObject]
    ignored: tuple[str, ...]


def previous_snapshot(request: CollectRequest, store: Store) -> Previous | None:
    """Return the snapshot that the request names, if it is of the same target and time column.

    Raises:
        TrainerError: ArtifactDamaged or RequestInvalid, when the manifest cannot be believed.
    """
    if request.previous is None:
        return None
    return _previous(request, store, request.previous.snapshot, request.previous.source_fingerprint)


def finished_before(request: CollectRequest, store: Store, fingerprint: str) -> Previous | None:
    """Return what an attempt of this very collection published before its message was lost.

    It is the same collection if it found the same source and extended the same snapshot.

    Raises:
        TrainerError: ArtifactDamaged or RequestInvalid, when the manifest cannot be believed.
    """
    index = _index(request, store, fingerprint)
    extended = request.previous.snapshot.digest if request.previous else None
    if index is None or index.extends != extended:
        return None
    digest = index.snapshot_digest
    key = layout.snapshot_key(_folder(request), digest.removeprefix("sha256:"))
    reference = SnapshotReference(digest=digest, manifest_key=key)
    return _previous(request, store, reference, fingerprint)


def _previous(
    request: CollectRequest, store: Store, reference: SnapshotReference, fingerprint: str
) -> Previous | None:
    manifest = snapshot_manifest(store, reference)
    time = request.time.column if request.time else None
    if manifest is None or (manifest.target, manifest.time) != (request.target.column, time):
        return None
    index = _index(request, store, fingerprint)
    if index is None or index.snapshot_digest != reference.digest:
        index = SourceIndex(snapshot_digest=reference.digest, objects=())
    # Objects of a prefix that the Dataset no longer names were a mistake, not history.
    prefix = request.source.s3.prefix if request.source.s3 else ""
    return Previous(
        manifest=manifest,
        manifest_key=reference.manifest_key,
        digest=reference.digest,
        fingerprint=fingerprint,
        objects={entry.key: entry for entry in index.objects if entry.key.startswith(prefix)},
        ignored=index.ignored_columns,
    )


def _index(request: CollectRequest, store: Store, fingerprint: str) -> SourceIndex | None:
    try:
        data = store.get(layout.source_index_key(_folder(request), fingerprint))
        return SourceIndex.model_validate_json(data)
    except (ObjectMissingError, ValidationError):
        return None


def _folder(request: CollectRequest) -> str:
    prefix = request.store.spec.prefix
    return layout.dataset_folder(prefix, request.store.namespace, request.dataset_name)
