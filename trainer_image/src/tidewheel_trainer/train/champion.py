"""The champion's manifest, and its model when that is what the candidate is compared with."""

import hashlib
import posixpath

from sklearn.pipeline import Pipeline

from tidewheel_contracts.api.v1alpha1.run_status import ChampionReference
from tidewheel_contracts.api.v1alpha1.signing import Signing
from tidewheel_contracts.artifact.model import (
    MANIFEST_FILE,
    MODEL_FILE,
    ArtifactFile,
    ModelManifest,
    Recipe,
)
from tidewheel_contracts.artifact.signature import SIGNATURE_FILE
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.manifests import believed_manifest
from tidewheel_trainer.store import ObjectMissingError, Store
from tidewheel_trainer.train.model_file import read_model
from tidewheel_trainer.train.public_keys import signing_key_of

__all__ = ["champion_manifest", "champion_model", "may_be_loaded", "same_recipe"]

_REMEDY = "restore it from a backup of the bucket, or let another version serve"


def champion_manifest(store: Store, reference: ChampionReference, target: str) -> ModelManifest:
    """Return the champion's manifest, whose bytes are those that were registered.

    Raises:
        TrainerError: ArtifactDamaged, RequestInvalid when a later release wrote it, or
            ParameterInvalid when it predicts another column.
    """
    key = reference.manifest_key
    manifest = believed_manifest(
        _bytes(store, key, reference.name),
        reference.manifest_digest,
        ModelManifest,
        subject=_file_of(reference.name, key),
        remedy=_REMEDY,
    )
    if manifest.recipe.target != target:
        raise TrainerError(
            FailureReason.PARAMETER_INVALID,
            f"the champion {reference.name!r} predicts {manifest.recipe.target!r} and this run "
            f"{target!r}; models of different columns need different model names",
        )
    return manifest


def champion_model(store: Store, reference: ChampionReference, manifest: ModelManifest) -> Pipeline:
    """Return the champion as it serves.

    Raises:
        TrainerError: ArtifactDamaged.
    """
    key = posixpath.join(posixpath.dirname(reference.manifest_key), MODEL_FILE)
    data = _bytes(store, key, reference.name)
    if hashlib.sha256(data).hexdigest() != _model_file(manifest).sha256:
        raise _damaged(reference.name, key, "does not match its digest")
    return read_model(data, key)


def may_be_loaded(
    store: Store, reference: ChampionReference, manifest: ModelManifest, signing: Signing | None
) -> bool:
    """Say whether the champion is signed, where only signed models may be loaded."""
    if signing is None or not signing.required:
        return True
    key = posixpath.join(posixpath.dirname(reference.manifest_key), SIGNATURE_FILE)
    try:
        bundle = store.get(key)
    except ObjectMissingError:
        return False
    digests = {
        MANIFEST_FILE: reference.manifest_digest.removeprefix("sha256:"),
        MODEL_FILE: _model_file(manifest).sha256,
    }
    return signing_key_of(bundle, digests, signing.public_keys) is not None


def same_recipe(first: Recipe, second: Recipe) -> bool:
    """Say whether two recipes fit the same model on the same rows; their names do not matter."""
    return first.model_copy(update={"candidate": ""}) == second.model_copy(update={"candidate": ""})


def _model_file(manifest: ModelManifest) -> ArtifactFile:
    return next(file for file in manifest.files if file.name == MODEL_FILE)


def _bytes(store: Store, key: str, name: str) -> bytes:
    try:
        return store.get(key)
    except ObjectMissingError as error:
        raise _damaged(name, key, "is missing") from error


def _damaged(name: str, key: str, fault: str) -> TrainerError:
    return TrainerError(
        FailureReason.ARTIFACT_DAMAGED,
        f"{_file_of(name, key)} {fault}; {_REMEDY}",
    )


def _file_of(name: str, key: str) -> str:
    return f"file {key!r} of the champion {name!r}"
