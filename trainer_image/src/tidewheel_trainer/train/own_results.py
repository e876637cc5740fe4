"""What an earlier attempt of the same run left: a result is reported again, never made twice."""

import hashlib
import posixpath
from collections.abc import Mapping
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from tidewheel_contracts.api.v1alpha1.run_result import Artifact, RunResult
from tidewheel_contracts.api.v1alpha1.signing import Signing
from tidewheel_contracts.artifact.model import (
    LINEAGE_FILE,
    MANIFEST_FILE,
    VERDICT_FILE,
    ModelManifest,
)
from tidewheel_contracts.artifact.signature import SIGNATURE_FILE, claimed_key, short_hint
from tidewheel_contracts.artifact.snapshot import manifest_digest
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.store import ObjectMissingError, Store
from tidewheel_trainer.train.public_keys import signing_key_of

__all__ = ["earlier_result", "record_verdict"]

Form = TypeVar("Form", bound=BaseModel)


class _Lineage(BaseModel):
    """The part of lineage.json that a second attempt needs."""

    model_config = ConfigDict(extra="ignore")

    result: RunResult


def earlier_result(store: Store, folder: str, signing: Signing | None) -> RunResult | None:
    """Return what this run found before, or None when it never came to an end.

    Args:
        store: where it left that.
        folder: the run's own.
        signing: which signatures count.

    Raises:
        TrainerError: ArtifactDamaged, when what it left cannot be read or believed;
            SignatureInvalid, when nobody would load it.
    """
    manifest_key = posixpath.join(folder, MANIFEST_FILE)
    try:
        data = store.get(manifest_key)
    except ObjectMissingError:
        return _earlier_verdict(store, folder)
    manifest = _read(ModelManifest, data, manifest_key)
    lineage = _lineage(store, posixpath.join(folder, LINEAGE_FILE), manifest)
    artifact = _artifact_of(manifest, data, manifest_key)
    if signing is not None:
        artifact = artifact.model_copy(
            update={"signing_key": _signing_key(store, folder, artifact, signing)}
        )
    return lineage.result.model_copy(update={"artifact": artifact})


def record_verdict(
    store: Store, folder: str, result: RunResult, report: Mapping[str, bytes]
) -> None:
    """Keep the result of a run that publishes nothing, after the report that says why."""
    for name, data in report.items():
        store.put_if_absent(posixpath.join(folder, name), data)
    key = posixpath.join(folder, VERDICT_FILE)
    store.put_if_absent(key, result.model_dump_json(by_alias=True, exclude_none=True).encode())


def _artifact_of(manifest: ModelManifest, data: bytes, manifest_key: str) -> Artifact:
    """Return how objects refer to a published manifest of these bytes."""
    models = [file for file in manifest.files if file.name.startswith("model.")]
    return Artifact(
        manifest_key=manifest_key,
        manifest_digest=manifest_digest(data),
        digest=manifest.digest,
        size_bytes=sum(file.size_bytes for file in models),
    )


def _signing_key(store: Store, folder: str, artifact: Artifact, signing: Signing) -> str | None:
    """Return which key signed a published artifact, in short; None when none did."""
    try:
        bundle = store.get(posixpath.join(folder, SIGNATURE_FILE))
    except ObjectMissingError:
        bundle = b""
    digests = {MANIFEST_FILE: artifact.manifest_digest.removeprefix("sha256:")}
    if not signing.public_keys:
        return claimed_key(bundle)
    hint = signing_key_of(bundle, digests, signing.public_keys)
    if hint is None and signing.required:
        raise TrainerError(
            FailureReason.SIGNATURE_INVALID,
            f"an earlier attempt of this run published {posixpath.join(folder, MANIFEST_FILE)!r} "
            "without a signature by one of `signing.publicKeys` of the ArtifactStore, and only "
            "signed models are loaded in this namespace; apply a new TrainingRun",
        )
    return None if hint is None else short_hint(hint)


def _earlier_verdict(store: Store, folder: str) -> RunResult | None:
    key = posixpath.join(folder, VERDICT_FILE)
    try:
        return _read(RunResult, store.get(key), key)
    except ObjectMissingError:
        return None


def _lineage(store: Store, key: str, manifest: ModelManifest) -> _Lineage:
    wanted = next((file.sha256 for file in manifest.files if file.name == LINEAGE_FILE), None)
    try:
        data = store.get(key)
    except ObjectMissingError:
        data = b""
    if hashlib.sha256(data).hexdigest() != wanted:
        raise _damaged(f"published a model, but {key!r} beside it is missing or changed")
    return _read(_Lineage, data, key)


def _read(form: type[Form], data: bytes, key: str) -> Form:
    try:
        return form.model_validate_json(data)
    except ValidationError as error:
        raise _damaged(f"left {key!r}, which was changed and cannot be read") from error


def _damaged(fault: str) -> TrainerError:
    return TrainerError(
        FailureReason.ARTIFACT_DAMAGED,
        f"this run {fault}; restore it from a backup of the bucket, or apply a new TrainingRun",
    )
