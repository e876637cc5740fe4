"""The public keys whose signatures count, and what they say about a signature."""

from collections.abc import Mapping, Sequence

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_public_key,
)

from tidewheel_contracts.api.v1alpha1.signing import PublicKey
from tidewheel_contracts.artifact.signature import (
    SignedFiles,
    key_hint,
    opened_bundle,
    signed_bytes,
    signed_files,
)
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError

__all__ = ["CURVES", "hash_of", "hint_of", "public_keys_of", "signing_key_of"]

# The curves of OpenSSF Model Signing, and the hash that goes with each.
CURVES: Mapping[str, hashes.HashAlgorithm] = {
    "secp256r1": hashes.SHA256(),
    "secp384r1": hashes.SHA384(),
    "secp521r1": hashes.SHA512(),
}


def hash_of(key: ec.EllipticCurvePublicKey) -> hashes.HashAlgorithm:
    """Return the hash that a key signs with."""
    return CURVES[key.curve.name]


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
        key = next((key for key in keys.values() if _has_signed(key, signed)), None)
        files = signed_files(signed.statement) if key is not None else {}
    except ValueError:
        return None
    return hint_of(key) if key is not None and digests.items() <= files.items() else None


def _public_key(listed: PublicKey) -> ec.EllipticCurvePublicKey:
    try:
        key = load_pem_public_key(listed.pem.encode())
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name not in CURVES:
        raise TrainerError(
            FailureReason.SIGNING_KEY_INVALID,
            f"'{listed.name}' of `signing.publicKeys` of the ArtifactStore is no public key of "
            "P-256, P-384 or P-521; copy it again from `openssl ec -in KEY -pubout`",
        )
    return key


def _has_signed(key: ec.EllipticCurvePublicKey, signed: SignedFiles) -> bool:
    try:
        key.verify(signed.signature, signed_bytes(signed.statement), ec.ECDSA(hash_of(key)))
    except InvalidSignature:
        return False
    return True
