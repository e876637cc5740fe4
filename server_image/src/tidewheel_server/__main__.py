"""Starts the server, or `check`, the test before it: request file in, exit code out."""

import os
import resource
import sys
from pathlib import Path

import pydantic
import uvloop

from tidewheel_contracts.job import Failure, FailureReason
from tidewheel_contracts.serving import ServeRequest
from tidewheel_server.check.program import check_program
from tidewheel_server.log import log
from tidewheel_server.server import exit_code_of, serve
from tidewheel_server.settings import Settings, settings_from


def main() -> int:
    """Serve or check what the request file says, and return the exit code."""
    if sys.argv[1:2] == ["check"]:
        return check_program(sys.argv[2:])
    settings = settings_from(sys.argv[1:], os.environ)
    failure = _serve(settings)
    if failure is not None:
        log("failed", reason=failure.reason, message=failure.message)
        _leave_message(settings.termination_path, failure)
    return exit_code_of(failure)


def _serve(settings: Settings) -> Failure | None:
    try:
        request = ServeRequest.model_validate_json(settings.request_path.read_bytes())
    except OSError as error:
        return Failure(
            reason=FailureReason.REQUEST_INVALID, message=f"The request cannot be read: {error}"
        )
    except pydantic.ValidationError as error:
        return Failure(
            reason=FailureReason.REQUEST_INVALID,
            message=f"The request is not of this version: {error}"[:3000],
        )
    _allow_files()
    loop = uvloop.new_event_loop()
    return loop.run_until_complete(serve(request, settings, _version()))


def _allow_files() -> None:
    """Take as many open files as we may: a connection is one, and the usual limit is 1,024."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _version() -> str:
    return os.environ.get("TIDEWHEEL_GIT_REVISION") or "unknown"


def _leave_message(path: Path, failure: Failure) -> None:
    """Tell the kubelet why; outside a pod there is nobody to tell."""
    try:
        path.write_text(failure.to_json(), encoding="utf-8")
    except OSError as error:
        log("no termination message", error=str(error))


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    # Not sys.exit: it would wait for a worker thread that is inside a long prediction, or for a
    # store that does not answer, and there is nothing left to clean up.
    os._exit(code)
