"""What a run signs, a server and the stock tool of OpenSSF Model Signing believe; nothing else."""

import io
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.contract.conftest import KEYS
from tests.signing_keys import make_key, private_pem, public_pem, signing

from tidewheel_contracts.job import SIGNING_KEY_VARIABLE, ExitCode, FailureReason
from tidewheel_contracts.serving import ServeRequest
from tidewheel_server.errors import LoadError
from tidewheel_server.model_state import ServedModel

PREFIX = "signing/tidewheel"
KEY, OTHER = make_key(), make_key()
Load = Callable[[ServeRequest], ServedModel]


@dataclass(frozen=True)
class Signed:
    """A published artifact, and what it takes to serve it."""

    request: dict[str, Any]
    folder: str
    signing_key: str | None

    def asked_with(self, **store: Any) -> ServeRequest:
        """Return the request with other words of the ArtifactStore."""
        store = {**self.request["store"], "spec": {**self.request["store"]["spec"], **store}}
        return ServeRequest.model_validate({**self.request, "store": store})


@pytest.fixture(scope="module")
def folder_of_keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    (folder / "privateKey").write_bytes(private_pem(KEY))
    (folder / "key.pub").write_text(public_pem(KEY))
    (folder / "other.pub").write_text(public_pem(OTHER))
    return folder


def rows() -> bytes:
    random = np.random.default_rng(1)
    delay = random.normal(size=6000)
    buffer = io.BytesIO()
    pq.write_table(pa.table({"late": delay + random.normal(size=6000) > 0, "delay": delay}), buffer)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def signed(run_trainer: Any, put: Any, s3_endpoint: str, folder_of_keys: Path) -> Signed:
    """Return what the program published that a Job runs, with its key as a file."""
    demanded = signing(KEY, secretName="model-signing", required=True)
    spec = {
        "endpoint": s3_endpoint,
        "bucket": "bucket",
        "prefix": PREFIX,
        "secretName": "keys",
        "signing": demanded,
    }
    store = {"spec": spec, "namespace": "ml"}
    put("signing/raw/flights.parquet", rows())
    collect = {
        "store": store,
        "datasetName": "flights",
        "source": {"s3": {"prefix": "signing/raw/"}},
        "target": {"column": "late"},
    }
    code, collected = run_trainer("collect", collect)
    assert code == ExitCode.SUCCESS, collected
    train = {
        "store": store,
        "runName": "first",
        "runUid": "first",
        "modelName": "flights",
        "datasetName": "flights",
        "snapshot": collected.snapshot.to_wire(),
        "target": {"column": "late"},
        "training": {
            "candidates": [{"name": "line", "estimator": "sklearn.linear_model.LogisticRegression"}]
        },
    }
    keys = {**KEYS, SIGNING_KEY_VARIABLE: str(folder_of_keys / "privateKey")}
    code, trained = run_trainer("train", train, keys)
    assert code == ExitCode.SUCCESS, trained
    artifact = trained.result.artifact
    request = {
        "store": store,
        "modelName": "flights",
        "versionName": "flights-v1",
        "versionNumber": 1,
        "manifestKey": artifact.manifest_key,
        "manifestDigest": artifact.manifest_digest,
        "artifactDigest": artifact.digest,
    }
    return Signed(request, artifact.manifest_key.rpartition("/")[0], artifact.signing_key)


@pytest.fixture
def downloaded(signed: Signed, s3: Any, tmp_path: Path) -> Path:
    """Return a folder with the artifact's files, as a person downloads them."""
    folder = tmp_path / "a-model"
    for item in s3.list_objects_v2(Bucket="bucket", Prefix=f"{signed.folder}/")["Contents"]:
        path = folder / item["Key"].removeprefix(f"{signed.folder}/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(s3.get_object(Bucket="bucket", Key=item["Key"])["Body"].read())
    return folder


def stock(*arguments: object) -> tuple[int, str]:
    """Run the stock command-line tool and return its exit code and what it said."""
    done = subprocess.run(
        [sys.executable, "-m", "model_signing", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def stock_verify(folder: Path, public_key: Path) -> tuple[int, str]:
    signature = folder / "model.sig"
    return stock("verify", "key", "--signature", signature, "--public_key", public_key, folder)


def test_the_stock_tool_accepts_what_a_run_signed(downloaded: Path, folder_of_keys: Path) -> None:
    # What a search leaves in the folder is no part of the artifact.
    (downloaded / "search").mkdir()
    (downloaded / "search" / "0000-0001.json").write_text("{}")

    code, said = stock_verify(downloaded, folder_of_keys / "key.pub")

    assert (code, said.strip()) == (0, "Verification succeeded"), said


@pytest.mark.parametrize("name", ["model.skops", "manifest.json", "lineage.json"])
def test_the_stock_tool_names_each_file_that_was_changed(
    downloaded: Path, folder_of_keys: Path, name: str
) -> None:
    data = bytearray((downloaded / name).read_bytes())
    data[len(data) // 2] ^= 1
    (downloaded / name).write_bytes(bytes(data))

    code, said = stock_verify(downloaded, folder_of_keys / "key.pub")

    assert code == 1
    assert said.replace("\\", "").count(f"Hash mismatch for '{name}'") == 1


def test_the_stock_tool_refuses_another_key(downloaded: Path, folder_of_keys: Path) -> None:
    code, said = stock_verify(downloaded, folder_of_keys / "other.pub")

    assert code == 1
    assert "Key mismatch" in said


def test_a_key_is_named_as_sha256sum_names_it(signed: Signed, folder_of_keys: Path) -> None:
    printed = subprocess.run(
        ["sha256sum", folder_of_keys / "key.pub"], capture_output=True, text=True, check=True
    )
    assert printed.stdout[:16] == signed.signing_key


def test_a_server_loads_what_a_run_signed(signed: Signed, load: Load) -> None:
    model = load(signed.asked_with())

    assert model.manifest.model_name == "flights"


def test_a_server_loads_what_the_stock_tool_signed(
    signed: Signed, load: Load, put: Any, s3: Any, downloaded: Path, folder_of_keys: Path
) -> None:
    ours = (downloaded / "model.sig").read_bytes()
    (downloaded / "model.sig").unlink()
    private_key = folder_of_keys / "privateKey"
    theirs = downloaded / "model.sig"
    code, said = stock(
        "sign", "key", "--signature", theirs, "--private_key", private_key, downloaded
    )
    assert code == 0, said
    assert theirs.read_bytes() != ours
    try:
        put(f"{signed.folder}/model.sig", theirs.read_bytes())
        assert load(signed.asked_with()).manifest.model_name == "flights"
    finally:
        put(f"{signed.folder}/model.sig", ours)


def test_a_server_refuses_another_key(signed: Signed, load: Load) -> None:
    with pytest.raises(LoadError, match=r"none of `signing\.publicKeys`") as raised:
        load(signed.asked_with(signing=signing(OTHER, required=True)))
    assert raised.value.failure.reason is FailureReason.SIGNATURE_INVALID
    assert load(signed.asked_with(signing=signing(OTHER, KEY, required=True)))


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        pytest.param("model.sig", FailureReason.SIGNATURE_INVALID, id="the signature"),
        pytest.param("manifest.json", FailureReason.ARTIFACT_DAMAGED, id="the manifest"),
        pytest.param("model.skops", FailureReason.ARTIFACT_DAMAGED, id="the model"),
    ],
)
def test_a_server_refuses_what_was_changed_after_it_was_signed(
    signed: Signed, load: Load, put: Any, downloaded: Path, name: str, reason: FailureReason
) -> None:
    good = (downloaded / name).read_bytes()
    changed = bytearray(good)
    # Inside the statement, so that the bundle is still one.
    changed[len(changed) // 2] ^= 1
    try:
        put(f"{signed.folder}/{name}", bytes(changed))
        with pytest.raises(LoadError) as raised:
            load(signed.asked_with())
    finally:
        put(f"{signed.folder}/{name}", good)
    assert raised.value.failure.reason is reason


def test_a_server_process_says_that_its_model_is_not_signed(publish: Any, start: Any) -> None:
    request = publish("sklearn.linear_model.LogisticRegression").request
    spec = request.store.spec.model_dump(by_alias=True) | {"signing": signing(KEY, required=True)}
    store = {"spec": spec, "namespace": request.store.namespace}
    asked = ServeRequest.model_validate(request.model_dump(by_alias=True) | {"store": store})

    code, failure = start(asked).failure()

    assert (code, failure.reason) == (ExitCode.USER_ERROR, FailureReason.SIGNATURE_MISSING)
    folder = request.manifest_key.rpartition("/")[0]
    assert failure.message.startswith(f"The model in '{folder}' is not signed: ")
