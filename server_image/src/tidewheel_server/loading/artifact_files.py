"""From the store to verified bytes: digests and signature are checked before anything is opened.

It imports none of the model libraries, so that a store that does not answer, or a damaged file, is
told before they are loaded.
"""

import hashlib
from dataclasses import dataclass

import pydantic

from tidewheel_contracts.artifact.check_rows import CheckRows
from tidewheel_contracts.artifact.model import (
    CHECK_FILE,
    MODEL_FILE,
    PARITY_FILE,
    PROFILE_FILE,
    ArtifactFile,
    ModelManifest,
    model_digest,
)
from tidewheel_contracts.artifact.parity import Parity
from tidewheel_contracts.artifact.profile import Profile
from tidewheel_contracts.artifact.snapshot import manifest_digest
from tidewheel_contracts.job import CheckRequest, FailureReason
from tidewheel_contracts.serving import ServeRequest
from tidewheel_server.engines.parity import Probes, probes_of
from tidewheel_server.engines.tier import ModelFiles
from tidewheel_server.errors import LoadError
from tidewheel_server.loading.store import ObjectStore
from tidewheel_server.log import log
from tidewheel_server.model_state import ProfileFile

__all__ = ["VerifiedArtifact", "fetch_artifact", "fetch_check_rows"]

_MANIFEST_LIMIT_BYTES = 8 * 1024 * 1024
_MODEL_LIMIT_BYTES = 1024 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class VerifiedArtifact:
    """The files of a model, of the digests that were asked for, and what lies beside them.

    An artifact of an earlier release has no probes and no profile.
    """

    files: ModelFiles
    probes: Probes | None = None
    profile: ProfileFile | None = None


def fetch_artifact(request: ServeRequest | CheckRequest, store: ObjectStore) -> VerifiedArtifact:
    """Return the artifact of the request.

    Raises:
        StoreUnavailableError: the store does not answer.
        LoadError: the artifact is missing, damaged, not the one asked for, or not signed as the
            namespace demands.
    """
    data = _manifest_bytes(request, store)
    _require_signature(request, store)
    manifest = _manifest(request, data)
    folder = request.manifest_key.rpartition("/")[0]
    model = _model_file(manifest)
    return VerifiedArtifact(
        files=ModelFiles(manifest, _verified_bytes(store, f"{folder}/{model.name}", model)),
        probes=_probes(store, folder, manifest),
        profile=_profile(store, folder, manifest),
    )


def fetch_check_rows(
    request: CheckRequest, manifest: ModelManifest, store: ObjectStore
) -> CheckRows | None:
    """Return the rows to ask the model; None of an artifact from before there were any.

    Raises:
        StoreUnavailableError: the store does not answer.
        LoadError: the file is missing, damaged, or not of this version.
    """
    data = _beside(store, request.manifest_key.rpartition("/")[0], manifest, CHECK_FILE)
    if data is None:
        return None
    try:
        return CheckRows.model_validate_json(data)
    except pydantic.ValidationError as error:
        raise _damaged(f"{CHECK_FILE} is not of this version: {_first_problem(error)}") from error


def _manifest_bytes(request: ServeRequest | CheckRequest, store: ObjectStore) -> bytes:
    data = store.get(request.manifest_key, _MANIFEST_LIMIT_BYTES)
    if manifest_digest(data) != request.manifest_digest:
        raise _damaged(
            f"The manifest has the digest {manifest_digest(data)}, not {request.manifest_digest}"
        )
    return data


def _require_signature(request: ServeRequest | CheckRequest, store: ObjectStore) -> None:
    """Check who signed the manifest, where the namespace asks for it; it names all other files."""
    signing = request.store.spec.signing
    if signing is None or not signing.required:
        return
    # Imported here: a server that verifies nothing starts without the library.
    from tidewheel_server.loading.signature import require_signature

    require_signature(signing, request.manifest_key, request.manifest_digest, store)


def _manifest(request: ServeRequest | CheckRequest, data: bytes) -> ModelManifest:
    try:
        manifest = ModelManifest.model_validate_json(data)
    except pydantic.ValidationError as error:
        raise _damaged(f"The manifest is not of this version: {_first_problem(error)}") from error
    if manifest.digest != request.artifact_digest:
        raise _damaged(
            f"The manifest is of the artifact {manifest.digest}, not {request.artifact_digest}"
        )
    if model_digest(manifest.files) != manifest.digest:
        raise _damaged("The manifest's digest is not that of the model files it lists")
    if len(manifest.sample) != len(manifest.inputs):
        raise _damaged(
            f"The manifest has {len(manifest.sample)} sample columns for "
            f"{len(manifest.inputs)} inputs"
        )
    return manifest


def _model_file(manifest: ModelManifest) -> ArtifactFile:
    """Return the one file that the engine opens; its name is ours, so no path can hide in it."""
    for file in manifest.files:
        if file.name == MODEL_FILE:
            break
    else:
        raise _damaged(f"The artifact has no {MODEL_FILE}")
    if file.size_bytes > _MODEL_LIMIT_BYTES:
        raise _damaged(
            f"{MODEL_FILE} has {file.size_bytes} bytes; the server takes {_MODEL_LIMIT_BYTES}"
        )
    return file


def _probes(store: ObjectStore, folder: str, manifest: ModelManifest) -> Probes | None:
    data = _beside(store, folder, manifest, PARITY_FILE)
    if data is None:
        return None
    try:
        return probes_of(Parity.model_validate_json(data), manifest)
    except pydantic.ValidationError as error:
        raise _damaged(f"{PARITY_FILE} is not of this version: {_first_problem(error)}") from error
    except ValueError as error:
        raise _damaged(f"{PARITY_FILE} is not of this model: {error}") from error


def _profile(store: ObjectStore, folder: str, manifest: ModelManifest) -> ProfileFile | None:
    """Return the training profile; None, and a line in the log, where there is none to count by.

    An artifact of an earlier release has no profile, and one of a later release may have one of
    another form: both are served all the same, for what they answer does not depend on it.
    """
    data = _beside(store, folder, manifest, PROFILE_FILE)
    if data is None:
        _log_no_profile("the artifact has none; train the model anew to have one")
        return None
    try:
        profile = Profile.model_validate_json(data)
    except pydantic.ValidationError as error:
        _log_no_profile(f"it is not of this version: {_first_problem(error)}")
        return None
    if [feature.name for feature in profile.features] != [each.name for each in manifest.inputs]:
        _log_no_profile("its features are not the inputs of the model")
        return None
    return ProfileFile(profile, f"sha256:{hashlib.sha256(data).hexdigest()}")


def _log_no_profile(reason: str) -> None:
    log("no profile", reason=reason, consequence="nothing is counted into bins")


def _beside(store: ObjectStore, folder: str, manifest: ModelManifest, name: str) -> bytes | None:
    """Return a file that not every artifact has."""
    file = next((file for file in manifest.files if file.name == name), None)
    return None if file is None else _verified_bytes(store, f"{folder}/{file.name}", file)


def _verified_bytes(store: ObjectStore, key: str, file: ArtifactFile) -> bytes:
    data = store.get(key, file.size_bytes)
    if len(data) != file.size_bytes:
        raise _damaged(f"'{key}' has {len(data)} bytes, but {file.size_bytes} are expected")
    found = hashlib.sha256(data).hexdigest()
    if found != file.sha256:
        raise _damaged(f"'{key}' has the SHA-256 {found}, but {file.sha256} is expected")
    return data


def _first_problem(error: pydantic.ValidationError) -> str:
    problem = error.errors(include_url=False, include_input=False)[0]
    return f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}"


def _damaged(message: str) -> LoadError:
    return LoadError(FailureReason.ARTIFACT_DAMAGED, message)
