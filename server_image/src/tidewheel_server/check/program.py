"""The test before serving, as a Job: request file in, termination message and exit code out."""

import argparse
import os
import time
from collections.abc import Sequence
from pathlib import Path

import pydantic

from tidewheel_contracts.api.v1alpha1.serving_engine import EngineKind, ServingEngine
from tidewheel_contracts.job import (
    REQUEST_PATH,
    TERMINATION_PATH,
    CheckRequest,
    CheckResult,
    ExitCode,
    Failure,
    FailureReason,
)
from tidewheel_server.errors import LoadError
from tidewheel_server.log import log, log_defect
from tidewheel_server.model_state import Identity, ServedModel

__all__ = ["INTERNAL_ERROR", "check_program"]

# Any other code than those of job.ExitCode: perhaps the node's fault, so a Job may try again.
INTERNAL_ERROR = 1
_FAILURE_CHARACTERS = 3000
_ENGINE_CHARACTERS = 512


def check_program(arguments: Sequence[str]) -> int:
    """Check what the request file names, write the termination message, return the exit code."""
    parser = argparse.ArgumentParser(prog="tidewheel_server check", description=__doc__)
    parser.add_argument("--request", type=Path, default=Path(REQUEST_PATH))
    parser.add_argument("--result", type=Path, default=Path(TERMINATION_PATH))
    options = parser.parse_args(arguments)
    answer, exit_code = _answer(options.request)
    log("checked", **answer.model_dump(mode="json"))
    try:
        options.result.write_text(answer.to_json(), encoding="utf-8")
    except OSError as error:
        log("no termination message", error=str(error))
    return exit_code


def _answer(request_path: Path) -> tuple[CheckResult | Failure, int]:
    try:
        return _check(_request(request_path)), ExitCode.SUCCESS
    except LoadError as error:
        is_store = error.failure.reason is FailureReason.STORE_UNAVAILABLE
        return error.failure, ExitCode.STORE_UNAVAILABLE if is_store else ExitCode.USER_ERROR
    except Exception as error:  # the last line of defence: people get a sentence
        log_defect("check failed", error)
        message = f"The check stopped with {type(error).__name__}: {error}; the log says more"
        failure = Failure(reason=FailureReason.INTERNAL, message=message[:_FAILURE_CHARACTERS])
        return failure, INTERNAL_ERROR


def _request(path: Path) -> CheckRequest:
    try:
        return CheckRequest.model_validate_json(path.read_bytes())
    except OSError as error:
        message = f"The request cannot be read: {error}"
    except pydantic.ValidationError as error:
        message = f"The request is not of this version: {error}"
    raise LoadError(FailureReason.REQUEST_INVALID, message)


def _check(request: CheckRequest) -> CheckResult:
    # Imported here, as the server does: a store that does not answer is told before the libraries
    # of models are loaded.
    from tidewheel_server.loading.artifact_files import fetch_artifact, fetch_check_rows
    from tidewheel_server.loading.store import S3Store

    started = time.monotonic()
    store = S3Store(request.store.spec, os.environ)
    artifact = fetch_artifact(request, store)
    rows = fetch_check_rows(request, artifact.files.manifest, store)

    from tidewheel_server.check.checking import ask, refuse_unfitting
    from tidewheel_server.loading.artifact_loader import load_model

    model = load_model(artifact, _identity(request))
    load_seconds = round(time.monotonic() - started, 3)
    engine = _engine(model)
    if rows is None:
        return CheckResult(rows=0, load_seconds=load_seconds, engine=engine)
    refuse_unfitting(rows, artifact.files.manifest)
    found = ask(model, rows, time.perf_counter)
    return CheckResult(
        rows=len(rows.predicted),
        refused=found.refused,
        other_labels=found.other_labels,
        other_numbers=found.other_numbers,
        example=found.example,
        load_seconds=load_seconds,
        answer_milliseconds=round(found.milliseconds, 3),
        engine=engine,
    )


def _engine(model: ServedModel) -> ServingEngine:
    """Return what predicts, and why nothing faster does, in the words of the API."""
    kinds = {kind.lower(): kind for kind in EngineKind}
    why = "; ".join(f"{kinds[each.engine]} {each.reason}" for each in model.refused)
    return ServingEngine(kind=kinds[model.engine.platform], message=why[:_ENGINE_CHARACTERS])


def _identity(request: CheckRequest) -> Identity:
    """Return what the model answers as: it has no number before it has passed."""
    return Identity(
        model_name=request.model_name,
        version="candidate",
        version_name=f"{request.model_name} (candidate)",
        artifact_digest=request.artifact_digest,
    )
