"""The form of `model.sig`: written and read again, and what is of another form."""

import base64
import hashlib
import json
from typing import Any

import pytest

from tidewheel_contracts.artifact.signature import (
    SignedFiles,
    bundle_of,
    claimed_key,
    opened_bundle,
    signed_bytes,
    signed_files,
    statement_of,
)

DIGESTS = {"model.skops": "ab" * 32, "manifest.json": "01" * 32}
STATEMENT = statement_of("uid-1", DIGESTS)
SIGNED = SignedFiles(STATEMENT, b"\x30\x00")
HINT = "0123456789abcdef" * 4
BUNDLE = bundle_of(SIGNED, HINT)


def changed(document: bytes, *path: Any, to: Any) -> bytes:
    """Return a JSON document with one value changed."""
    whole = json.loads(document)
    place = whole
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = to
    return json.dumps(whole).encode()


def test_a_statement_lists_files_by_name_and_hashes_their_digests() -> None:
    root = hashlib.sha256(bytes.fromhex("01" * 32 + "ab" * 32)).hexdigest()
    assert json.loads(STATEMENT) == {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "uid-1", "digest": {"sha256": root}}],
        "predicateType": "https://model_signing/signature/v1.0",
        "predicate": {
            "serialization": {
                "method": "files",
                "hash_type": "sha256",
                "allow_symlinks": False,
                "ignore_paths": ["model.sig", "search"],
            },
            "resources": [
                {"name": "manifest.json", "algorithm": "sha256", "digest": "01" * 32},
                {"name": "model.skops", "algorithm": "sha256", "digest": "ab" * 32},
            ],
        },
    }
    assert signed_files(STATEMENT) == DIGESTS


def test_what_a_key_signs_tells_the_lengths_of_type_and_statement() -> None:
    assert signed_bytes(b"{}") == b"DSSEv1 28 application/vnd.in-toto+json 2 {}"


def test_a_bundle_is_read_as_it_was_written() -> None:
    assert opened_bundle(BUNDLE) == SIGNED
    assert claimed_key(BUNDLE) == "0123456789abcdef"


@pytest.mark.parametrize(
    ("bundle", "message"),
    [
        pytest.param(b"", "EOF", id="empty"),
        pytest.param(b"\xff\x00", "expected value", id="no JSON"),
        pytest.param(b"[]", "object", id="no object"),
        pytest.param(changed(BUNDLE, "mediaType", to="v9"), "mediaType", id="a later form"),
        pytest.param(
            changed(BUNDLE, "dsseEnvelope", "payloadType", to="text/plain"),
            "dsseEnvelope.payloadType",
            id="another payload",
        ),
        pytest.param(
            changed(BUNDLE, "dsseEnvelope", "signatures", to=[]),
            "dsseEnvelope.signatures",
            id="no signature",
        ),
        pytest.param(changed(BUNDLE, "dsseEnvelope", "payload", to="%"), "base64", id="no base64"),
    ],
)
def test_what_is_no_bundle_is_refused(bundle: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=f"no bundle of OpenSSF Model Signing v1: .*{message}"):
        opened_bundle(bundle)


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        pytest.param(b"{}", "something else than the files of a model: _type", id="empty"),
        pytest.param(
            changed(STATEMENT, "predicateType", to="https://slsa.dev/provenance/v1"),
            "something else than the files of a model: predicateType",
            id="another predicate",
        ),
        pytest.param(
            changed(STATEMENT, "predicate", "serialization", "method", to="shards"),
            "something else than the files of a model: predicate.serialization.method",
            id="parts of files",
        ),
        pytest.param(
            changed(STATEMENT, "predicate", "resources", 0, "name", to="model.skops"),
            "lists a file twice",
            id="a file twice",
        ),
    ],
)
def test_a_statement_about_something_else_is_refused(statement: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        signed_files(statement)


@pytest.mark.parametrize(
    "bundle",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(bundle_of(SIGNED, ""), id="no hint"),
        pytest.param(bundle_of(SIGNED, "../../etc/passwd"), id="another hint"),
    ],
)
def test_a_bundle_may_not_say_whose_it_is(bundle: bytes) -> None:
    assert claimed_key(bundle) is None


def test_base64_of_a_bundle_is_what_others_read() -> None:
    envelope = json.loads(BUNDLE)["dsseEnvelope"]
    assert base64.b64decode(envelope["payload"]) == STATEMENT
