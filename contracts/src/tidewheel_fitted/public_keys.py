"""Public keys of elliptic curves, and whether one of them has signed an artifact."""

from collections.abc import Mapping

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_public_key

__all__ = ["CURVES", "has_signed", "hash_of", "public_key_of"]

# The curves of OpenSSF Model Signing, and the hash that goes with each.
CURVES: Mapping[str, hashes.HashAlgorithm] = {
    "secp256r1": hashes.SHA256(),
    "secp384r1": hashes.SHA384(),
    "secp521r1": hashes.SHA512(),
}


def hash_of(key: ec.EllipticCurvePublicKey) -> hashes.HashAlgorithm:
    """Return the hash that a key signs with."""
    return CURVES[key.curve.name]


def public_key_of(pem: str) -> ec.EllipticCurvePublicKey:
    """Return a key from its PEM.

    Raises:
        ValueError: it only looks like a key; with what to do.
    """
    try:
        key = load_pem_public_key(pem.encode())
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name not in CURVES:
        raise ValueError(
            "is no public key of P-256, P-384 or P-521; copy it again from `openssl ec -in KEY "
            "-pubout`"
        )
    return key


def has_signed(key: ec.EllipticCurvePublicKey, signature: bytes, data: bytes) -> bool:
    """Tell whether a key made a signature (ASN.1 DER) of these bytes."""
    try:
        key.verify(signature, data, ec.ECDSA(hash_of(key)))
    except InvalidSignature:
        return False
    return True
