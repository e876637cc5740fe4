"""The check program of the server, on what collect and train publish as programs."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.contract.conftest import KEYS
from tests.contract.serve.published_runs import CLASSIFIER, REGRESSOR, published

from tidewheel_contracts.artifact.check_rows import CheckRows
from tidewheel_contracts.artifact.model import ModelManifest
from tidewheel_contracts.artifact.snapshot import manifest_bytes, manifest_digest
from tidewheel_contracts.job import (
    CheckRequest,
    CheckResult,
    ExitCode,
    Failure,
    FailureReason,
    parse_termination_message,
)

LINEAR = {
    "candidates": [{"name": "boosting", "estimator": "sklearn.linear_model.LogisticRegression"}]
}
Check = Callable[..., tuple[int, CheckResult | Failure]]


@pytest.fixture
def check(tmp_path: Path) -> Check:
    """Return a function that runs the program as its Job does; a request may be any text."""

    def run(request: CheckRequest | str, **keys: str) -> tuple[int, CheckResult | Failure]:
        text = request if isinstance(request, str) else request.to_json()
        (tmp_path / "request.json").write_text(text)
        done = subprocess.run(
            [
                *(sys.executable, "-m", "tidewheel_server", "check"),
                *("--request", str(tmp_path / "request.json")),
                *("--result", str(tmp_path / "message")),
            ],
            env={**os.environ, **KEYS, **keys},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stderr == ""
        assert all(
            json.loads(line).keys() >= {"time", "event"} for line in done.stdout.splitlines()
        )
        message = parse_termination_message((tmp_path / "message").read_text())
        assert isinstance(message, CheckResult | Failure)
        return done.returncode, message

    return run


def request_of(store: dict[str, Any], artifact: Any) -> CheckRequest:
    """Return the request to check an artifact."""
    return CheckRequest.model_validate(
        {
            "store": store,
            "modelName": "flights",
            "manifestKey": artifact.manifest_key,
            "manifestDigest": artifact.manifest_digest,
            "artifactDigest": artifact.digest,
        }
    )


@pytest.mark.parametrize(
    ("target", "training"),
    [
        pytest.param("late", CLASSIFIER, id="two classes"),
        pytest.param("grade", LINEAR, id="three classes"),
        pytest.param("minutes", REGRESSOR, id="a number"),
    ],
)
def test_server_answers_two_hundred_rows_as_the_fit_did(
    run_trainer: Any,
    check: Check,
    s3: Any,
    s3_endpoint: str,
    folder: str,
    target: str,
    training: dict[str, Any],
) -> None:
    request = request_of(*published(run_trainer, s3, s3_endpoint, folder, target, training))

    code, found = check(request)

    assert isinstance(found, CheckResult), found
    assert found.load_seconds > 0 < found.answer_milliseconds
    assert found.engine is not None
    assert (code, found) == (
        ExitCode.SUCCESS,
        CheckResult(
            rows=200,
            load_seconds=found.load_seconds,
            answer_milliseconds=found.answer_milliseconds,
            engine=found.engine,
        ),
    )


@pytest.mark.parametrize("name", ["manifest.json", "model.skops", "check.json"])
def test_artifact_that_was_changed_after_publishing_is_named(
    run_trainer: Any, check: Check, s3: Any, s3_endpoint: str, folder: str, name: str
) -> None:
    store, artifact = published(run_trainer, s3, s3_endpoint, folder, "late", CLASSIFIER)
    key = artifact.manifest_key.replace("manifest.json", name)
    data = s3.get_object(Bucket="bucket", Key=key)["Body"].read()
    s3.put_object(Bucket="bucket", Key=key, Body=data[:-1] + bytes([data[-1] ^ 1]))

    code, found = check(request_of(store, artifact))

    assert isinstance(found, Failure)
    assert (code, found.reason) == (ExitCode.USER_ERROR, FailureReason.ARTIFACT_DAMAGED)
    assert ("The manifest has the digest" if name == "manifest.json" else key) in found.message


def test_other_rows_under_the_right_digest_are_other_answers(
    run_trainer: Any, check: Check, s3: Any, s3_endpoint: str, folder: str
) -> None:
    store, artifact = published(run_trainer, s3, s3_endpoint, folder, "late", CLASSIFIER)
    changed = _with_other_labels(s3, artifact, first=3)

    code, found = check(request_of(store, changed))

    assert isinstance(found, CheckResult), found
    assert (code, found.rows, found.other_labels, found.other_numbers) == (0, 200, 3, 0)
    assert found.example.startswith("row 1: ")


def _with_other_labels(s3: Any, artifact: Any, *, first: int) -> Any:
    """Publish again with the first labels turned round; return the artifact that this is."""

    def read(name: str) -> bytes:
        key = artifact.manifest_key.replace("manifest.json", name)
        data: bytes = s3.get_object(Bucket="bucket", Key=key)["Body"].read()
        return data

    rows = CheckRows.model_validate_json(read("check.json"))
    turned = tuple(not label if n < first else label for n, label in enumerate(rows.predicted))
    data = manifest_bytes(rows.model_copy(update={"predicted": turned}))
    manifest = ModelManifest.model_validate_json(read("manifest.json"))
    update = {"sha256": hashlib.sha256(data).hexdigest(), "size_bytes": len(data)}
    files = tuple(
        file.model_copy(update=update) if file.name == "check.json" else file
        for file in manifest.files
    )
    document = manifest_bytes(manifest.model_copy(update={"files": files}))
    for name, body in (("check.json", data), ("manifest.json", document)):
        key = artifact.manifest_key.replace("manifest.json", name)
        s3.put_object(Bucket="bucket", Key=key, Body=body)
    return artifact.model_copy(update={"manifest_digest": manifest_digest(document)})


def silent(port: int = 1) -> CheckRequest:
    """Return a request whose store does not answer."""
    digest = "sha256:" + "0" * 64
    spec = {"endpoint": f"http://127.0.0.1:{port}", "bucket": "bucket", "secretName": "keys"}
    return CheckRequest.model_validate(
        {
            "store": {"spec": spec, "namespace": "ml"},
            "modelName": "flights",
            "manifestKey": "manifest.json",
            "manifestDigest": digest,
            "artifactDigest": digest,
        }
    )


def test_store_that_does_not_answer_is_worth_another_try(check: Check) -> None:
    message = "The store at http://127.0.0.1:1 does not answer: EndpointConnectionError"

    assert check(silent()) == (
        ExitCode.STORE_UNAVAILABLE,
        Failure(reason=FailureReason.STORE_UNAVAILABLE, message=message),
    )


def test_missing_keys_are_named(check: Check) -> None:
    message = "The Secret 'keys' must have the key AWS_SECRET_ACCESS_KEY"

    assert check(silent(), AWS_SECRET_ACCESS_KEY="") == (
        ExitCode.USER_ERROR,
        Failure(reason=FailureReason.CREDENTIALS_REFUSED, message=message),
    )


def test_request_of_another_version_is_told(check: Check) -> None:
    code, found = check('{"kind": "CheckRequest", "colour": "blue"}')

    assert isinstance(found, Failure)
    assert (code, found.reason) == (ExitCode.USER_ERROR, FailureReason.REQUEST_INVALID)
    assert found.message.startswith("The request is not of this version: ")
