"""A run signs what it publishes, says which key did, and refuses keys that do not count."""

import dataclasses
import json
import posixpath
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from tests.signing_keys import make_key, private_pem, public_pem, signing
from tests.unit.trainer.trainings import FOLDER, Train, candidate, columns_of, files_of

from tidewheel_contracts.api.v1alpha1.run_result import ComparedWith, Verdict
from tidewheel_contracts.api.v1alpha1.signing import Signing
from tidewheel_contracts.artifact.signature import key_hint, opened_bundle, signed_files
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.surroundings import Surroundings
from tidewheel_trainer.train.public_keys import signing_key_of
from tidewheel_trainer.train.signing import signer_of

KEY, OTHER = make_key(), make_key()
SIGNED = signing(KEY, secretName="signing-key", required=True)
SIGNATURE = f"{FOLDER}/uid-1/model.sig"
MANIFEST = f"{FOLDER}/uid-1/manifest.json"


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "privateKey"
    path.write_bytes(private_pem(KEY))
    return path


@pytest.fixture
def surroundings(surroundings: Surroundings, key_file: Path) -> Surroundings:
    return dataclasses.replace(surroundings, signing_key=key_file)


def short(key: ec.EllipticCurvePrivateKey) -> str:
    return key_hint(public_pem(key).encode())[:16]


def test_every_file_and_the_manifest_are_signed(store: Any, snapshot: Any, trained: Train) -> None:
    result = trained(snapshot(columns_of(0, 20)), signing=SIGNED)
    assert result.artifact is not None
    assert result.artifact.signing_key == short(KEY)
    manifest = json.loads(store.objects[MANIFEST])
    wanted = {file["name"]: file["sha256"] for file in manifest["files"]}
    wanted["manifest.json"] = result.artifact.manifest_digest.removeprefix("sha256:")
    signed = opened_bundle(store.objects[SIGNATURE])
    assert signed_files(signed.statement) == wanted
    assert "model.sig" not in wanted


def test_a_namespace_without_a_key_signs_nothing(store: Any, snapshot: Any, trained: Train) -> None:
    result = trained(snapshot(columns_of(0, 20)), signing=signing(KEY))
    assert result.artifact is not None
    assert result.artifact.signing_key is None
    assert SIGNATURE not in store.objects


def test_without_public_keys_a_run_says_which_key_it_signed_with(
    snapshot: Any, trained: Train
) -> None:
    result = trained(snapshot(columns_of(0, 20)), signing={"secretName": "signing-key"})
    assert result.artifact is not None
    assert result.artifact.signing_key == short(KEY)


def test_signed_or_not_the_model_and_its_manifest_are_the_same_bytes(
    store: Any, snapshot: Any, trained: Train
) -> None:
    data = snapshot(columns_of(0, 20))
    plain = trained(data)
    files = {name: store.objects[f"{FOLDER}/uid-1/{name}"] for name in files_of(store, "uid-1")}
    for name in files:
        del store.objects[f"{FOLDER}/uid-1/{name}"]
    signed = trained(data, signing=SIGNED)
    assert plain.artifact is not None
    assert signed.artifact == plain.artifact.model_copy(update={"signing_key": short(KEY)})
    assert files == {name: store.objects[f"{FOLDER}/uid-1/{name}"] for name in files}


def test_a_refused_run_signs_nothing(store: Any, snapshot: Any, trained: Train) -> None:
    result = trained(snapshot(columns_of(0, 20)), signing=SIGNED, gate={"minimum": "0.99"})
    assert result.verdict is Verdict.REFUSED
    assert SIGNATURE not in store.objects


def test_an_attempt_that_finds_its_manifest_only_reports_it(
    store: Any, snapshot: Any, trained: Train, key_file: Path
) -> None:
    data = snapshot(columns_of(0, 20))
    first = trained(data, signing=SIGNED)
    before = dict(store.objects)
    key_file.unlink()
    assert trained(data, signing=SIGNED) == first
    assert store.objects == before


def test_an_attempt_signs_anew_when_the_one_before_ended_before_its_manifest(
    store: Any, snapshot: Any, trained: Train
) -> None:
    data = snapshot(columns_of(0, 20))
    first = trained(data, signing=SIGNED)
    before = store.objects[SIGNATURE]
    del store.objects[MANIFEST]
    assert trained(data, signing=SIGNED) == first
    assert store.objects[SIGNATURE] != before


def test_a_signature_that_somebody_changed_before_it_was_reported_fails_the_run(
    store: Any, snapshot: Any, trained: Train
) -> None:
    data = snapshot(columns_of(0, 20))
    trained(data, signing=SIGNED)
    store.objects[SIGNATURE] = store.objects[SIGNATURE][:-9] + b"AAAAAA" + b'"}]}}'
    with pytest.raises(TrainerError, match="without a signature by one of") as raised:
        trained(data, signing=SIGNED)
    assert raised.value.reason is FailureReason.SIGNATURE_INVALID


def test_what_was_published_unsigned_is_told_as_unsigned_where_that_is_allowed(
    snapshot: Any, trained: Train
) -> None:
    data = snapshot(columns_of(0, 20))
    first = trained(data)
    assert trained(data, signing=SIGNED | {"required": False}) == first
    with pytest.raises(TrainerError, match="apply a new TrainingRun"):
        trained(data, signing=SIGNED)


def test_a_champion_is_loaded_only_when_it_is_signed(
    store: Any, snapshot: Any, trained: Train
) -> None:
    stump = (candidate("stump", max_iter=1, max_depth=1),)
    first = trained(snapshot(columns_of(0, 20)), signing=SIGNED, candidates=stump)
    data = snapshot(columns_of(0, 20), columns_of(20, 12))
    signed = trained(data, "uid-2", first, signing=SIGNED)
    store.objects[SIGNATURE] = b"{}"
    store.reads.clear()
    unsigned = trained(data, "uid-3", first, signing=SIGNED)
    assert (signed.compared_with, unsigned.compared_with) == (
        ComparedWith.MODEL,
        ComparedWith.RECIPE,
    )
    assert f"{FOLDER}/uid-1/model.skops" not in store.reads


@pytest.mark.parametrize(
    "curve", [ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()], ids=lambda curve: str(curve.name)
)
def test_each_curve_signs(
    store: Any, snapshot: Any, trained: Train, key_file: Path, curve: ec.EllipticCurve
) -> None:
    key = make_key(curve)
    key_file.write_bytes(private_pem(key))
    result = trained(
        snapshot(columns_of(0, 20)), signing=signing(OTHER, key, secretName="signing-key")
    )
    assert result.artifact is not None
    assert result.artifact.signing_key == short(key)
    both = Signing.model_validate(signing(OTHER, key)).public_keys
    assert signing_key_of(store.objects[SIGNATURE], {}, both[:1]) is None


def rsa_key() -> Any:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(private_pem(rsa_key()), "is no elliptic curve key", id="RSA"),
        pytest.param(private_pem(KEY, b"secret"), "is encrypted", id="encrypted"),
        pytest.param(b"", "is no private key in PEM", id="empty"),
        pytest.param(b"\xff\x00 garbage", "is no private key in PEM", id="garbage"),
        pytest.param(public_pem(KEY).encode(), "is no private key in PEM", id="the public key"),
        pytest.param(private_pem(KEY)[:-40], "is no private key in PEM", id="cut"),
        pytest.param(b"-" * 20_000, "is longer than any private key", id="large"),
        pytest.param(
            private_pem(make_key(ec.SECP256K1())), "is on the curve secp256k1", id="another curve"
        ),
        pytest.param(
            private_pem(OTHER),
            r"belongs to none of `signing.publicKeys` \('key-1'\); its own public key has the "
            f"fingerprint {short(OTHER)}",
            id="another key",
        ),
    ],
)
def test_a_key_that_does_not_serve_is_named(key_file: Path, content: bytes, message: str) -> None:
    key_file.write_bytes(content)
    with pytest.raises(TrainerError, match=message) as raised:
        signer_of(Signing.model_validate(SIGNED), key_file)
    assert raised.value.reason is FailureReason.SIGNING_KEY_INVALID
    assert raised.value.exit_code == 10


@pytest.mark.parametrize("path", [None, Path("/nowhere/privateKey")], ids=["unmounted", "missing"])
def test_a_missing_secret_is_named_and_worth_another_try(path: Path | None) -> None:
    with pytest.raises(TrainerError, match=r"Secret 'signing-key', which `signing.secretName`") as (
        raised
    ):
        signer_of(Signing.model_validate(SIGNED), path)
    assert raised.value.reason is FailureReason.SECRET_MISSING
    assert raised.value.exit_code == 11


def test_no_model_is_trained_that_nobody_could_load(
    store: Any, snapshot: Any, trained: Train
) -> None:
    data = snapshot(columns_of(0, 20))
    with pytest.raises(TrainerError, match=r"set `signing.secretName`") as raised:
        trained(data, signing=signing(KEY, required=True))
    assert raised.value.reason is FailureReason.SIGNING_KEY_INVALID
    assert files_of(store, "uid-1") == []


def test_a_public_key_that_is_no_point_of_its_curve_is_named(key_file: Path) -> None:
    listed = signing(KEY, secretName="signing-key")
    lines = public_pem(KEY).splitlines()
    lines[2] = "A" * len(lines[2])
    listed["publicKeys"][0]["pem"] = "\n".join(lines)
    with pytest.raises(TrainerError, match=r"'key-1' of `signing.publicKeys`") as raised:
        signer_of(Signing.model_validate(listed), key_file)
    assert raised.value.reason is FailureReason.SIGNING_KEY_INVALID


def test_the_folder_of_a_run_is_the_subject_of_its_statement(
    store: Any, snapshot: Any, trained: Train
) -> None:
    trained(snapshot(columns_of(0, 20)), signing=SIGNED)
    statement = json.loads(opened_bundle(store.objects[SIGNATURE]).statement)
    assert [each["name"] for each in statement["subject"]] == [
        posixpath.basename(posixpath.dirname(SIGNATURE))
    ]
