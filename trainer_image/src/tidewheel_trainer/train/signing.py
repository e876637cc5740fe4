"""Sign what a run publishes, with the private key that the namespace's ArtifactStore names.

The signature covers every file and the manifest, and it is made of bytes that this process holds:
what lies in the store may be somebody else's.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tidewheel_contracts.api.v1alpha1.signing import SIGNING_KEY_ENTRY, Signing
from tidewheel_contracts.artifact.signature import (
    SignedFiles,
    bundle_of,
    short_hint,
    signed_bytes,
    statement_of,
)
from tidewheel_contracts.job import FailureReason
from tidewheel_fitted.public_keys import CURVES, hash_of
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.train.public_keys import hint_of, public_keys_of

__all__ = ["Signer", "signature_of", "signer_of"]

# A PEM of the largest curve has 400 bytes; nothing larger is parsed.
_KEY_LIMIT_BYTES = 16 * 1024
_MAKE_ONE = "`openssl ecparam -name prime256v1 -genkey -noout` makes one"


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key, and how a bundle names its public one."""

    key: ec.EllipticCurvePrivateKey
    hint: str


def signer_of(signing: Signing | None, path: Path | None) -> Signer | None:
    """Return what signs the models of a namespace, or None when they are not signed.

    Args:
        signing: what the ArtifactStore says.
        path: where the Secret's private key should lie.

    Raises:
        TrainerError: SecretMissing, or SigningKeyInvalid.
    """
    if signing is None:
        return None
    if signing.secret_name is None:
        if signing.required:
            raise _invalid(
                "only signed models are loaded in this namespace (`signing.required` of the "
                "ArtifactStore), but it names no key to sign them with; set `signing.secretName`"
            )
        return None
    key = _private_key(_content(signing.secret_name, path), signing.secret_name)
    signer = Signer(key, hint_of(key.public_key()))
    _require_counting(signer, signing)
    return signer


def signature_of(signer: Signer, name: str, digests: dict[str, str]) -> bytes:
    """Return the content of `model.sig`.

    Args:
        signer: who signs.
        name: name of the artifact's folder.
        digests: hex SHA-256 of every file, the manifest's too, by name.
    """
    statement = statement_of(name, digests)
    algorithm = ec.ECDSA(hash_of(signer.key.public_key()))
    signature = signer.key.sign(signed_bytes(statement), algorithm)
    return bundle_of(SignedFiles(statement, signature), signer.hint)


def _content(secret: str, path: Path | None) -> bytes:
    try:
        with (path or Path()).open("rb") as file:
            return file.read(_KEY_LIMIT_BYTES + 1)
    except OSError as error:
        raise TrainerError(
            FailureReason.SECRET_MISSING,
            f"Secret '{secret}', which `signing.secretName` of the ArtifactStore names, does not "
            f"exist in the run's namespace or has no key `{SIGNING_KEY_ENTRY}`; create it and "
            "apply a new TrainingRun",
        ) from error


def _private_key(data: bytes, secret: str) -> ec.EllipticCurvePrivateKey:
    subject = f"`{SIGNING_KEY_ENTRY}` of Secret '{secret}'"
    if len(data) > _KEY_LIMIT_BYTES:
        raise _invalid(f"{subject} is longer than any private key; {_MAKE_ONE}")
    try:
        key = load_pem_private_key(data, password=None)
    except TypeError as error:
        raise _invalid(
            f"{subject} is encrypted, and there is nobody to type a password; store it without "
            "one: `openssl ec -in KEY -out KEY-WITHOUT-PASSWORD`"
        ) from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise _invalid(f"{subject} is no private key in PEM; {_MAKE_ONE}") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise _invalid(f"{subject} is no elliptic curve key but one of another kind; {_MAKE_ONE}")
    if key.curve.name not in CURVES:
        raise _invalid(f"{subject} is on the curve {key.curve.name}; {_MAKE_ONE} that serves")
    return key


def _require_counting(signer: Signer, signing: Signing) -> None:
    """Check that the signatures of this key will count, before hours are spent on a model."""
    counting = public_keys_of(signing.public_keys)
    if counting and all(hint_of(key) != signer.hint for key in counting.values()):
        raise _invalid(
            f"the private key of Secret '{signing.secret_name}' belongs to none of "
            f"`signing.publicKeys` ({_listed(counting)}); its own public key has the fingerprint "
            f"{short_hint(signer.hint)}: add that to the list, or store the private key of one in "
            "it"
        )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)


def _invalid(message: str) -> TrainerError:
    return TrainerError(FailureReason.SIGNING_KEY_INVALID, message)
