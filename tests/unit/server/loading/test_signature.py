"""A server that must load signed models only refuses the others before it opens a file of them."""

import hashlib
from dataclasses import dataclass, field
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from tests.signing_keys import make_key, public_pem, signing

from tidewheel_contracts.api.v1alpha1.signing import Signing
from tidewheel_contracts.artifact.signature import (
    SignedFiles,
    bundle_of,
    signed_bytes,
    statement_of,
)
from tidewheel_contracts.job import FailureReason
from tidewheel_contracts.serving import ServeRequest
from tidewheel_server.errors import LoadError, ObjectMissingError
from tidewheel_server.loading.artifact_files import fetch_artifact
from tidewheel_server.loading.signature import require_signature

FOLDER = "tidewheel/ml/models/flights/uid"
MANIFEST_KEY = f"{FOLDER}/manifest.json"
DIGEST = "ab" * 32
HASHES: dict[str, hashes.HashAlgorithm] = {
    "secp256r1": hashes.SHA256(),
    "secp384r1": hashes.SHA384(),
    "secp521r1": hashes.SHA512(),
}
KEY, OTHER = make_key(), make_key()
NOT_SIGNED = (
    f"The model in '{FOLDER}' is not signed: there is no model.sig, and only signed models are "
    "loaded in this namespace (`signing.required` of the ArtifactStore); train it anew with "
    "`signing.secretName` set, or let a signed version serve"
)
DOES_NOT_COUNT = f"The signature '{FOLDER}/model.sig' does not count: "


@dataclass
class Bucket:
    """A bucket that tells what was read from it."""

    objects: dict[str, bytes]
    reads: list[str] = field(default_factory=list)

    def get(self, key: str, limit_bytes: int) -> bytes:
        self.reads.append(key.removeprefix(f"{FOLDER}/"))
        if key not in self.objects:
            raise ObjectMissingError(f"'{key}' is not there")
        return self.objects[key]


def bundle(key: ec.EllipticCurvePrivateKey, statement: bytes | None = None) -> bytes:
    statement = statement or statement_of("uid", {"manifest.json": DIGEST, "model.skops": "0" * 64})
    signature = key.sign(signed_bytes(statement), ec.ECDSA(HASHES[key.curve.name]))
    return bundle_of(SignedFiles(statement, signature), "")


def request(digest: str, **spec: Any) -> ServeRequest:
    return ServeRequest.model_validate(
        {
            "store": {
                "spec": {
                    "endpoint": "http://s3:8333",
                    "bucket": "data",
                    "secretName": "keys",
                    **spec,
                },
                "namespace": "ml",
            },
            "modelName": "flights",
            "versionName": "flights-v2",
            "versionNumber": 2,
            "manifestKey": MANIFEST_KEY,
            "manifestDigest": digest,
            "artifactDigest": digest,
        }
    )


def require(content: bytes | None, *keys: ec.EllipticCurvePrivateKey) -> None:
    objects = {} if content is None else {f"{FOLDER}/model.sig": content}
    given = Signing.model_validate(signing(*keys, required=True))
    require_signature(given, MANIFEST_KEY, f"sha256:{DIGEST}", Bucket(objects))


def refusal(content: bytes | None, *keys: ec.EllipticCurvePrivateKey) -> tuple[FailureReason, str]:
    with pytest.raises(LoadError) as raised:
        require(content, *keys)
    return raised.value.failure.reason, raised.value.failure.message


@pytest.mark.parametrize(
    "curve", [ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()], ids=lambda curve: str(curve.name)
)
def test_a_signature_by_a_listed_key_counts(curve: ec.EllipticCurve) -> None:
    require(bundle(key := make_key(curve)), key)


def test_both_keys_count_while_one_replaces_the_other() -> None:
    require(bundle(KEY), KEY, OTHER)
    require(bundle(OTHER), KEY, OTHER)


def test_an_unsigned_version_is_refused() -> None:
    assert refusal(None, KEY) == (FailureReason.SIGNATURE_MISSING, NOT_SIGNED)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        pytest.param(bundle(OTHER), "none of `signing.publicKeys`", id="another key"),
        pytest.param(
            bundle(KEY, statement_of("uid", {"manifest.json": "cd" * 32})),
            "it is of the files of another model, for it signs no manifest.json of "
            f"sha256:{DIGEST}; restore it",
            id="another model",
        ),
        pytest.param(
            bundle(KEY, statement_of("uid", {"model.skops": DIGEST})),
            "it is of the files of another model",
            id="without a manifest",
        ),
        pytest.param(bundle(KEY, b"{}"), "it signs something else", id="another statement"),
        pytest.param(b"", "it is no bundle of OpenSSF Model Signing v1", id="empty"),
        pytest.param(b"\xff" * 100, "it is no bundle of OpenSSF Model Signing v1", id="garbage"),
        pytest.param(b"[" * 100_000, "it is no bundle of OpenSSF Model Signing v1", id="nested"),
        pytest.param(
            bundle_of(SignedFiles(statement_of("uid", {"manifest.json": DIGEST}), b""), ""),
            "none of `signing.publicKeys`",
            id="an empty signature",
        ),
    ],
)
def test_a_signature_that_does_not_count_is_refused(content: bytes, why: str) -> None:
    reason, message = refusal(content, KEY)
    assert reason is FailureReason.SIGNATURE_INVALID
    assert message.startswith(DOES_NOT_COUNT + why)


def test_any_changed_byte_of_statement_or_signature_is_refused() -> None:
    statement = statement_of("uid", {"manifest.json": DIGEST})
    signature = KEY.sign(signed_bytes(statement), ec.ECDSA(hashes.SHA256()))
    for place in range(0, len(statement), 40):
        changed = bytearray(statement)
        changed[place] ^= 1
        bad = bundle_of(SignedFiles(bytes(changed), signature), "")
        assert refusal(bad, KEY)[0] is FailureReason.SIGNATURE_INVALID
    for place in range(0, len(signature), 7):
        changed = bytearray(signature)
        changed[place] ^= 1
        bad = bundle_of(SignedFiles(statement, bytes(changed)), "")
        assert refusal(bad, KEY)[0] is FailureReason.SIGNATURE_INVALID


def test_a_public_key_that_is_no_point_of_its_curve_is_named() -> None:
    listed = signing(KEY, required=True)
    lines = public_pem(KEY).splitlines()
    lines[2] = "A" * len(lines[2])
    listed["publicKeys"][0]["pem"] = "\n".join(lines)
    with pytest.raises(LoadError, match=r"'key-1' of `signing\.publicKeys`") as raised:
        require_signature(Signing.model_validate(listed), MANIFEST_KEY, "sha256:0", Bucket({}))
    assert raised.value.failure.reason is FailureReason.SIGNING_KEY_INVALID


def test_the_signature_is_looked_at_before_any_file_is_opened() -> None:
    # Its digest is right, and it is not even JSON: who opened it would say so.
    manifest = b"not a manifest"
    digest = f"sha256:{hashlib.sha256(manifest).hexdigest()}"
    bucket = Bucket({MANIFEST_KEY: manifest})
    with pytest.raises(LoadError) as raised:
        fetch_artifact(request(digest, signing=signing(KEY, required=True)), bucket)
    assert raised.value.failure.reason is FailureReason.SIGNATURE_MISSING
    assert bucket.reads == ["manifest.json", "model.sig"]


def test_where_nothing_is_demanded_nobody_looks_for_a_signature() -> None:
    bucket = Bucket({})
    for spec in ({}, {"signing": signing(KEY)}):
        with pytest.raises(ObjectMissingError):
            fetch_artifact(request(f"sha256:{DIGEST}", **spec), bucket)
    assert bucket.reads == ["manifest.json", "manifest.json"]
