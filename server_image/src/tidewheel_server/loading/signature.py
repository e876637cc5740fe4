"""Refuses an artifact that no key of the namespace has signed, before a file of it is opened."""

from cryptography.hazmat.primitives.asymmetric import ec

from tidewheel_contracts.api.v1alpha1.signing import PublicKey, Signing
from tidewheel_contracts.artifact.model import MANIFEST_FILE
from tidewheel_contracts.artifact.signature import (
    SIGNATURE_FILE,
    SIGNATURE_LIMIT_BYTES,
    opened_bundle,
    signed_bytes,
    signed_files,
)
from tidewheel_contracts.job import FailureReason
from tidewheel_fitted.public_keys import has_signed, public_key_of
from tidewheel_server.errors import LoadError, ObjectMissingError
from tidewheel_server.loading.store import ObjectStore

__all__ = ["require_signature"]


def require_signature(
    signing: Signing, manifest_key: str, manifest_digest: str, store: ObjectStore
) -> None:
    """Check that a key that counts has signed the manifest of this digest.

    Raises:
        StoreUnavailableError: the store does not answer.
        LoadError: SignatureMissing, SignatureInvalid, or SigningKeyInvalid for a key in the
            ArtifactStore that is none.
    """
    keys = {listed.name: _public_key(listed) for listed in signing.public_keys}
    folder = manifest_key.rpartition("/")[0]
    key = f"{folder}/{SIGNATURE_FILE}"
    try:
        data = store.get(key, SIGNATURE_LIMIT_BYTES)
    except ObjectMissingError as error:
        raise _refused(
            FailureReason.SIGNATURE_MISSING,
            f"The model in '{folder}' is not signed: there is no {SIGNATURE_FILE}, and only signed "
            "models are loaded in this namespace (`signing.required` of the ArtifactStore); train "
            "it anew with `signing.secretName` set, or let a signed version serve",
        ) from error
    try:
        _require(data, keys, manifest_digest)
    except ValueError as error:
        raise _refused(
            FailureReason.SIGNATURE_INVALID,
            f"The signature '{key}' does not count: {error}",
        ) from error


def _require(data: bytes, keys: dict[str, ec.EllipticCurvePublicKey], manifest_digest: str) -> None:
    """Check the content of a `model.sig`.

    Raises:
        ValueError: it is not what it should be, with the reason.
    """
    signed = opened_bundle(data)
    if not any(
        has_signed(key, signed.signature, signed_bytes(signed.statement)) for key in keys.values()
    ):
        names = ", ".join(f"'{name}'" for name in keys)
        raise ValueError(
            f"none of `signing.publicKeys` of the ArtifactStore ({names}) made it, or it was "
            "changed since; restore it from a backup of the bucket, add the key that made it if "
            "you trust that one, or let another version serve"
        )
    found = signed_files(signed.statement).get(MANIFEST_FILE)
    if found != manifest_digest.removeprefix("sha256:"):
        raise ValueError(
            f"it is of the files of another model, for it signs no {MANIFEST_FILE} of "
            f"{manifest_digest}; restore it from a backup of the bucket, or let another version "
            "serve"
        )


def _public_key(listed: PublicKey) -> ec.EllipticCurvePublicKey:
    try:
        return public_key_of(listed.pem)
    except ValueError as error:
        message = f"'{listed.name}' of `signing.publicKeys` of the ArtifactStore {error}"
        raise _refused(FailureReason.SIGNING_KEY_INVALID, message) from error


def _refused(reason: FailureReason, message: str) -> LoadError:
    return LoadError(reason, message)
