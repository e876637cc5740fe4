"""`model.sig`: the files of an artifact under a signature, in the form of OpenSSF Model Signing v1.

It is a Sigstore bundle around a DSSE envelope around an in-toto statement, which lists every file
with its SHA-256; `model_signing verify key` accepts it. The signature is no file of the manifest,
because it covers the manifest; and it is different each time, because ECDSA draws a random number.

Sources: https://github.com/ossf/model-signing-spec (v1.0),
https://github.com/secure-systems-lab/dsse/blob/v1.0.2/protocol.md,
https://github.com/sigstore/protobuf-specs (bundle v0.3).
"""

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

__all__ = [
    "SIGNATURE_FILE",
    "SIGNATURE_LIMIT_BYTES",
    "SignedFiles",
    "bundle_of",
    "claimed_key",
    "key_hint",
    "opened_bundle",
    "short_hint",
    "signed_bytes",
    "signed_files",
    "statement_of",
]

SIGNATURE_FILE = "model.sig"
# A hundred times what the statement of our files takes.
SIGNATURE_LIMIT_BYTES = 256 * 1024

_PAYLOAD_TYPE = "application/vnd.in-toto+json"
_BUNDLE_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json"
_STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
_PREDICATE_TYPE = "https://model_signing/signature/v1.0"
# What lies beside an artifact and is none of its files.
_IGNORED = (SIGNATURE_FILE, "search")
_SHORT = 16
_HINT = re.compile(r"[0-9a-f]{64}")


class _Read(BaseModel):
    """A part of a bundle: what it says beyond our fields is none of our business."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, frozen=True, extra="ignore"
    )


class _Signature(_Read):
    sig: str


class _Envelope(_Read):
    payload: str
    payload_type: Literal["application/vnd.in-toto+json"]
    signatures: Annotated[tuple[_Signature, ...], Field(min_length=1, max_length=1)]


class _Key(_Read):
    hint: str = ""


class _Material(_Read):
    public_key: _Key = _Key()


class _Bundle(_Read):
    media_type: Literal["application/vnd.dev.sigstore.bundle.v0.3+json"]
    verification_material: _Material
    dsse_envelope: _Envelope


class _Resource(_Read):
    name: str
    algorithm: Literal["sha256"]
    digest: str


class _Serialization(_Read):
    method: Literal["files"]


# in-toto and model-signing write these names with other cases.
class _Predicate(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    serialization: _Serialization
    resources: tuple[_Resource, ...]


class _Statement(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    type: Annotated[Literal["https://in-toto.io/Statement/v1"], Field(alias="_type")]
    predicate_type: Annotated[
        Literal["https://model_signing/signature/v1.0"], Field(alias="predicateType")
    ]
    predicate: _Predicate


@dataclass(frozen=True, slots=True)
class SignedFiles:
    """A statement as it was signed, not yet believed, and its signature (ASN.1 DER)."""

    statement: bytes
    signature: bytes


def statement_of(name: str, digests: Mapping[str, str]) -> bytes:
    """Return the statement about an artifact.

    Args:
        name: name of its folder.
        digests: hex SHA-256 of every file, by name.
    """
    resources = [
        {"name": file, "algorithm": "sha256", "digest": digests[file]} for file in sorted(digests)
    ]
    root = hashlib.sha256(b"".join(bytes.fromhex(digests[file]) for file in sorted(digests)))
    statement = {
        "_type": _STATEMENT_TYPE,
        "subject": [{"name": name, "digest": {"sha256": root.hexdigest()}}],
        "predicateType": _PREDICATE_TYPE,
        "predicate": {
            "serialization": {
                "method": "files",
                "hash_type": "sha256",
                "allow_symlinks": False,
                "ignore_paths": list(_IGNORED),
            },
            "resources": resources,
        },
    }
    return json.dumps(statement).encode()


def signed_bytes(statement: bytes) -> bytes:
    """Return what a key signs: DSSE's pre-authentication encoding of the statement."""
    return f"DSSEv1 {len(_PAYLOAD_TYPE)} {_PAYLOAD_TYPE} {len(statement)} ".encode() + statement


def bundle_of(signed: SignedFiles, hint: str) -> bytes:
    """Return the content of `model.sig`."""
    bundle = {
        "mediaType": _BUNDLE_TYPE,
        "verificationMaterial": {"publicKey": {"hint": hint}, "tlogEntries": []},
        "dsseEnvelope": {
            "payload": base64.b64encode(signed.statement).decode(),
            "payloadType": _PAYLOAD_TYPE,
            "signatures": [{"sig": base64.b64encode(signed.signature).decode(), "keyid": ""}],
        },
    }
    return json.dumps(bundle).encode()


def opened_bundle(data: bytes) -> SignedFiles:
    """Return what a bundle holds.

    Raises:
        ValueError: it is no bundle with one signature over an in-toto statement.
    """
    try:
        envelope = _Bundle.model_validate_json(data).dsse_envelope
        return SignedFiles(
            statement=base64.b64decode(envelope.payload, validate=True),
            signature=base64.b64decode(envelope.signatures[0].sig, validate=True),
        )
    except (ValidationError, binascii.Error) as error:
        raise ValueError(f"it is no bundle of OpenSSF Model Signing v1: {_first(error)}") from error


def signed_files(statement: bytes) -> dict[str, str]:
    """Return the hex SHA-256 of every file that a believed statement lists, by name.

    Raises:
        ValueError: the statement is of another form, or lists a file twice.
    """
    try:
        resources = _Statement.model_validate_json(statement).predicate.resources
    except ValidationError as error:
        raise ValueError(
            f"it signs something else than the files of a model: {_first(error)}"
        ) from error
    digests = {resource.name: resource.digest for resource in resources}
    if len(digests) != len(resources):
        raise ValueError("it lists a file twice")
    return digests


def key_hint(pem: bytes) -> str:
    """Return how a bundle names a public key: the hex SHA-256 of its PEM, as OpenSSL writes it."""
    return hashlib.sha256(pem).hexdigest()


def claimed_key(data: bytes) -> str | None:
    """Return the key that a bundle says it is of, in short; None for what is no such bundle."""
    try:
        hint = _Bundle.model_validate_json(data).verification_material.public_key.hint
    except ValidationError:
        return None
    return short_hint(hint) if _HINT.fullmatch(hint) else None


def short_hint(hint: str) -> str:
    """Return the part of a key's hint that people compare."""
    return hint[:_SHORT]


def _first(error: ValidationError | binascii.Error) -> str:
    if not isinstance(error, ValidationError):
        return str(error)
    problem = error.errors(include_url=False, include_input=False)[0]
    return f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}"
