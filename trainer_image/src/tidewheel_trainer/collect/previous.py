"""What earlier collections published: the snapshot to extend, or the one that is asked for again.

Whatever does not fit (a changed source, a lost index) gives None or no pieces: then everything is
read again, which costs time and never rows of the present source.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import ValidationError

from tidewheel_contracts.api.v1alpha1.common import SnapshotReference
from tidewheel_contracts.artifact import layout
from tidewheel_contracts.artifact.snapshot import (
    SnapshotColumn,
    SnapshotManifest,
    SourceIndex,
    SourcePiece,
)
from tidewheel_contracts.job import CollectRequest, PreviousSnapshot
from tidewheel_contracts.job import Store as StoreReference
from tidewheel_trainer.collect.plan import Plan
from tidewheel_trainer.manifests import snapshot_manifest
from tidewheel_trainer.store import ObjectMissingError, Store

__all__ = ["Previous", "finished_before", "positions_of", "previous_snapshot"]


@dataclass(frozen=True, slots=True)
class Previous:
    """A snapshot, and what the next one may use of it: nothing when the recipe is another."""

    manifest: SnapshotManifest
    manifest_key: str
    digest: str
    fingerprint: str
    pieces: Mapping[str, SourcePiece]
    columns: tuple[SnapshotColumn, ...]
    fields: tuple[str, ...]
    position: Mapping[str, str]
    ignored: tuple[str, ...]
    is_finished_alike: bool


def previous_snapshot(request: CollectRequest, store: Store, plan: Plan) -> Previous | None:
    """Return the snapshot that the request names, if it is there.

    Raises:
        TrainerError: ArtifactDamaged or RequestInvalid, when the manifest cannot be believed.
    """
    if request.previous is None:
        return None
    fingerprint = request.previous.source_fingerprint
    return _previous(request, store, plan, request.previous.snapshot, fingerprint)


def finished_before(
    request: CollectRequest, store: Store, plan: Plan, fingerprint: str
) -> Previous | None:
    """Return what an attempt of this very collection published before its message was lost.

    It is the same collection if it found the same source, extended the same snapshot and did the
    same to the rows.

    Raises:
        TrainerError: ArtifactDamaged or RequestInvalid, when the manifest cannot be believed.
    """
    folder = _folder(request.store, request.dataset_name)
    index = _index(store, folder, fingerprint)
    extended = request.previous.snapshot.digest if request.previous else None
    if index is None or index.extends != extended or not _is_alike(index, plan):
        return None
    digest = index.snapshot_digest
    key = layout.snapshot_key(folder, digest.removeprefix("sha256:"))
    reference = SnapshotReference(digest=digest, manifest_key=key)
    return _previous(request, store, plan, reference, fingerprint)


def positions_of(
    store: Store, reference: StoreReference, dataset_name: str, previous: PreviousSnapshot
) -> dict[str, str]:
    """Return how far the source was read for a snapshot."""
    index = _index(store, _folder(reference, dataset_name), previous.source_fingerprint)
    if index is None or index.snapshot_digest != previous.snapshot.digest:
        return {}
    return {position.name: position.value for position in index.positions}


def _previous(
    request: CollectRequest,
    store: Store,
    plan: Plan,
    reference: SnapshotReference,
    fingerprint: str,
) -> Previous | None:
    manifest = snapshot_manifest(store, reference)
    if manifest is None:
        return None
    index = _index(store, _folder(request.store, request.dataset_name), fingerprint)
    is_of_recipe = (
        index is not None
        and index.snapshot_digest == reference.digest
        and index.recipe == plan.recipe
    )
    if index is None or not is_of_recipe:
        index = SourceIndex(
            snapshot_digest=reference.digest, recipe=plan.recipe, finish="", pieces=()
        )
    return Previous(
        manifest=manifest,
        manifest_key=reference.manifest_key,
        digest=reference.digest,
        fingerprint=fingerprint,
        pieces={piece.key: piece for piece in index.pieces},
        columns=index.columns,
        fields=index.fields,
        position={position.name: position.value for position in index.positions},
        ignored=index.ignored_columns,
        is_finished_alike=_is_alike(index, plan),
    )


def _is_alike(index: SourceIndex, plan: Plan) -> bool:
    return (index.recipe, index.finish) == (plan.recipe, plan.finish)


def _index(store: Store, folder: str, fingerprint: str) -> SourceIndex | None:
    try:
        return SourceIndex.model_validate_json(
            store.get(layout.source_index_key(folder, fingerprint))
        )
    except (ObjectMissingError, ValidationError):
        return None


def _folder(reference: StoreReference, dataset_name: str) -> str:
    return layout.dataset_folder(reference.spec.prefix, reference.namespace, dataset_name)
