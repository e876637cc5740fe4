"""What the Dataset's newest snapshot was made of, so that a collection reads only what is new.

Whatever does not fit (a changed target, a lost index) gives None or an empty index: then everything
is read again, which costs time and never rows of the present source.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import ValidationError

from tidewheel_contracts.artifact import layout
from tidewheel_contracts.artifact.snapshot import (
    SnapshotManifest,
    SourceIndex,
    SourceObject,
)
from tidewheel_contracts.job import CollectRequest
from tidewheel_trainer.manifests import snapshot_manifest
from tidewheel_trainer.store import ObjectMissingError, Store

__all__ = ["Previous", "previous_snapshot"]


@dataclass(frozen=True, slots=True)
class Previous:
    """A snapshot and, by key, the source objects that it holds."""

    manifest: SnapshotManifest
    manifest_key: str
    digest: str
    fingerprint: str
    objects: Mapping[str, SourceObject]


def previous_snapshot(request: CollectRequest, store: Store) -> Previous | None:
    """Return the snapshot that the request names, if it is of the same target and time column.

    Raises:
        TrainerError: ArtifactDamaged or RequestInvalid, when the manifest cannot be believed.
    """
    if request.previous is None:
        return None
    reference = request.previous.snapshot
    manifest = snapshot_manifest(store, reference)
    time = request.time.column if request.time else None
    if manifest is None or (manifest.target, manifest.time) != (request.target.column, time):
        return None
    return Previous(
        manifest=manifest,
        manifest_key=reference.manifest_key,
        digest=reference.digest,
        fingerprint=request.previous.source_fingerprint,
        objects=_objects(request, store, reference.digest),
    )


def _objects(request: CollectRequest, store: Store, digest: str) -> dict[str, SourceObject]:
    if request.previous is None or request.source.s3 is None:
        return {}
    spec = request.store.spec
    folder = layout.dataset_folder(spec.prefix, request.store.namespace, request.dataset_name)
    key = layout.source_index_key(folder, request.previous.source_fingerprint)
    try:
        index = SourceIndex.model_validate_json(store.get(key))
    except (ObjectMissingError, ValidationError):
        return {}
    if index.snapshot_digest != digest:
        return {}
    # Objects of a prefix that the Dataset no longer names were a mistake, not history.
    prefix = request.source.s3.prefix
    return {entry.key: entry for entry in index.objects if entry.key.startswith(prefix)}
