"""The edge of the program: whatever happens, people get a sentence and the Job an exit code."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.unit.trainer.trainings import candidate

from tidewheel_contracts.job import Failure, FailureReason, parse_termination_message
from tidewheel_trainer import program
from tidewheel_trainer.failure import TrainerError


def _run(folder: Path, request: str | None, name: str = "collect") -> tuple[int, Failure]:
    request_path, result_path = folder / "request.json", folder / "result"
    if request is not None:
        request_path.write_text(request)
    code = program.main([name, "--request", str(request_path), "--result", str(result_path)])
    message = parse_termination_message(result_path.read_text())
    assert isinstance(message, Failure)
    return code, message


@pytest.fixture
def request_text(collect_request: Any) -> str:
    text: str = collect_request().to_json()
    return text


def test_without_a_request_the_file_is_named(tmp_path: Path) -> None:
    assert _run(tmp_path, None) == (
        10,
        Failure(
            reason=FailureReason.REQUEST_INVALID,
            message=f"the request file {tmp_path}/request.json cannot be read (No such file or "
            "directory); the operator mounts it",
        ),
    )


def test_a_request_of_another_version_is_refused(tmp_path: Path, request_text: str) -> None:
    newer = json.dumps(json.loads(request_text) | {"colour": "red"})
    code, failure = _run(tmp_path, newer)
    assert (code, failure.reason) == (10, FailureReason.REQUEST_INVALID)
    assert "colour: Extra inputs are not permitted; operator and trainer" in failure.message


def test_a_secret_without_keys_is_named(tmp_path: Path, request_text: str) -> None:
    request_path, result_path = tmp_path / "request.json", tmp_path / "result"
    request_path.write_text(request_text)
    # A process of its own: the guard of the connections stays as long as its process lives.
    done = subprocess.run(
        [
            *(sys.executable, "-m", "tidewheel_trainer", "collect"),
            *("--request", str(request_path), "--result", str(result_path)),
        ],
        env={name: text for name, text in os.environ.items() if name != "AWS_ACCESS_KEY_ID"},
        check=False,
        timeout=120,
    )
    assert (done.returncode, parse_termination_message(result_path.read_text())) == (
        10,
        Failure(
            reason=FailureReason.CREDENTIALS_REFUSED,
            message="Secret 'store-keys' must have the key AWS_ACCESS_KEY_ID",
        ),
    )


def test_a_store_that_is_away_is_worth_another_try(
    tmp_path: Path, request_text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(path: Path) -> None:
        raise TrainerError(FailureReason.STORE_UNAVAILABLE, "the store does not answer")

    monkeypatch.setattr(program, "_collect", away)
    code, failure = _run(tmp_path, request_text)
    assert (code, failure.reason) == (11, FailureReason.STORE_UNAVAILABLE)


def test_a_defect_is_named_and_its_traceback_goes_to_the_log(
    tmp_path: Path,
    request_text: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def broken(path: Path) -> None:
        raise ZeroDivisionError("of ours")

    monkeypatch.setattr(program, "_collect", broken)
    assert _run(tmp_path, request_text) == (
        1,
        Failure(
            reason=FailureReason.INTERNAL,
            message="tidewheel_trainer collect stopped with an unexpected ZeroDivisionError; the "
            "container's log has the traceback, please report it",
        ),
    )
    captured = capsys.readouterr()
    assert "Traceback" in captured.err
    assert "Traceback" not in captured.out
    last = json.loads(captured.out.splitlines()[-1])
    assert (last["stage"], last["percent"]) == ("Failed", 100)


@pytest.mark.parametrize(
    ("index", "training", "message"),
    [
        pytest.param(
            None,
            {"search": {}},
            "the environment variable JOB_COMPLETION_INDEX is not set; Kubernetes sets it in the "
            "pods of an indexed Job, so run `search` in one",
            id="no index",
        ),
        pytest.param(
            "2",
            {"search": {"parallelism": 2}},
            "the environment variable JOB_COMPLETION_INDEX is '2', and the pods of a search with "
            "`search.parallelism` 2 have the indexes 0 to 1; make the Job's `completions` as many",
            id="large index",
        ),
        pytest.param(
            "0",
            {},
            "`training.search` is missing in the request; the programs `search` and `reduce` are "
            "for runs with a search, `train` is for all",
            id="no search",
        ),
    ],
)
def test_a_pod_that_is_none_of_a_search_is_refused(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    index: str | None,
    training: dict[str, Any],
    message: str,
) -> None:
    monkeypatch.delenv("JOB_COMPLETION_INDEX", raising=False)
    if index is not None:
        monkeypatch.setenv("JOB_COMPLETION_INDEX", index)
    request = {
        "store": {
            "spec": {"endpoint": "http://store", "bucket": "data", "secretName": "keys"},
            "namespace": "ml",
        },
        "runName": "delays-1",
        "runUid": "uid-1",
        "modelName": "delays",
        "datasetName": "flights",
        "snapshot": {"digest": "sha256:" + "0" * 64, "manifestKey": "key"},
        "target": {"column": "late"},
        "training": {"candidates": [candidate()], **training},
    }
    assert _run(tmp_path, json.dumps(request), "search") == (
        10,
        Failure(reason=FailureReason.REQUEST_INVALID, message=message),
    )
