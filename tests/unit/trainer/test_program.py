"""The edge of the program: whatever happens, people get a sentence and the Job an exit code."""

import json
from pathlib import Path
from typing import Any

import pytest

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


def test_a_secret_without_keys_is_named(
    tmp_path: Path, request_text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
    assert _run(tmp_path, request_text) == (
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
