"""The public keys whose signatures count, and what they say about a signature."""

from collections.abc import Mapping, Sequence

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tidewheel_contracts.api.v1alpha1.signing import PublicKey
from tidewheel_contracts.artifact.signature import (
    key_hint,
    opened_bundle,
    signed_bytes,
    signed_files,
)
from tidewheel_contracts.job import FailureReason
from tidewheel_fitted.public_keys import has_signed, public_key_of
from tidewheel_trainer.failure import TrainerError

__all__ = ["hint_of", "public_keys_of", "signing_key_of"]


def hint_of(key: ec.EllipticCurvePublicKey) -> str:
    """Return how a bundle names a key."""
    return key_hint(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))


def public_keys_of(listed: Sequence[PublicKey]) -> dict[str, ec.EllipticCurvePublicKey]:
    """Return the keys by their names.

    Raises:
        TrainerError: SigningKeyInvalid, for what only looks like a key.
    """
    return {each.name: _public_key(each) for each in listed}


def signing_key_of(
    bundle: bytes, digests: Mapping[str, str], listed: Sequence[PublicKey]
) -> str | None:
    """Return the hint of the key that signed these files, or None when no listed key did.

    Args:
        bundle: content of `model.sig`.
        digests: hex SHA-256 of files that must be signed, by name.
        listed: keys whose signatures count.

    Raises:
        TrainerError: SigningKeyInvalid, for what only looks like a key.
    """
    keys = public_keys_of(listed)
    try:
        signed = opened_bundle(bundle)
        key = next(
            (
                key
                for key in keys.values()
                if has_signed(key, signed.signature, signed_bytes(signed.statement))
            ),
            None,
        )
        files = signed_files(signed.statement) if key is not None else {}
    except ValueError:
        return None
    return hint_of(key) if key is not None and digests.items() <= files.items() else None


def _public_key(listed: PublicKey) -> ec.EllipticCurvePublicKey:
    try:
        return public_key_of(listed.pem)
    except ValueError as error:
        message = f"'{listed.name}' of `signing.publicKeys` of the ArtifactStore {error}"
        raise TrainerError(FailureReason.SIGNING_KEY_INVALID, message) from error
