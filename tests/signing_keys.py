"""Keys that sign models, and an ArtifactStore's words about them."""

from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

__all__ = ["make_key", "private_pem", "public_pem", "signing"]

Key = ec.EllipticCurvePrivateKey


def make_key(curve: ec.EllipticCurve | None = None) -> Key:
    """Return a new private key, on P-256 unless another curve is asked for."""
    return ec.generate_private_key(curve or ec.SECP256R1())


def private_pem(key: Any, password: bytes | None = None) -> bytes:
    """Return a private key of any kind as OpenSSL writes it."""
    encryption: KeySerializationEncryption = (
        NoEncryption() if password is None else BestAvailableEncryption(password)
    )
    form = PrivateFormat.PKCS8
    data: bytes = key.private_bytes(Encoding.PEM, form, encryption)
    return data


def public_pem(key: Key) -> str:
    """Return the public key of a private one as OpenSSL writes it."""
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return public.decode()


def signing(*keys: Key, **others: Any) -> dict[str, Any]:
    """Return `signing` of an ArtifactStore whose keys are called `key-1`, `key-2` and so on."""
    listed = [
        {"name": f"key-{number}", "pem": public_pem(key)}
        for number, key in enumerate(keys, start=1)
    ]
    return {"publicKeys": listed, **others}
