"""Reading the audit log while the server writes it."""

import json
from pathlib import Path
from typing import Any

from tests.integration.audit import AuditLog, Request, is_work_of_operator

_ANSWERED = "2026-11-25T08:00:01.500000Z"
_RECEIVED = "2026-11-25T08:00:01.250000Z"
_EPOCH = 1795593601.0


def _entry(**changes: Any) -> dict[str, Any]:
    return {
        "verb": "create",
        "userAgent": "tidewheel-operator (operator-0)",
        "objectRef": {"resource": "jobs", "namespace": "ml", "name": "by-hand-0123456789"},
        "responseStatus": {"code": 201},
        "requestReceivedTimestamp": _RECEIVED,
        "stageTimestamp": _ANSWERED,
        **changes,
    }


def _append(folder: Path, text: str) -> None:
    with (folder / "audit.log").open("a") as file:
        file.write(text)


def _request(**changes: Any) -> Request:
    folder: Path = changes.pop("folder")
    log = AuditLog(folder)
    _append(folder, json.dumps(_entry(**changes)) + "\n")
    return log.read()[0]


def test_request_is_read_with_the_times_of_the_server(tmp_path: Path) -> None:
    assert _request(folder=tmp_path) == Request(
        agent="tidewheel-operator (operator-0)",
        verb="create",
        resource="jobs",
        subresource="",
        namespace="ml",
        name="by-hand-0123456789",
        code=201,
        received=_EPOCH + 0.25,
        answered=_EPOCH + 0.5,
    )


def test_what_was_answered_before_is_not_read(tmp_path: Path) -> None:
    _append(tmp_path, json.dumps(_entry()) + "\n")

    assert AuditLog(tmp_path).read() == []


def test_half_a_line_is_read_when_the_rest_has_come(tmp_path: Path) -> None:
    line = json.dumps(_entry()) + "\n"
    log = AuditLog(tmp_path)
    (tmp_path / "audit.log").touch()

    _append(tmp_path, line[:40])
    first = log.read()
    _append(tmp_path, line[40:])

    assert (first, [request.name for request in log.read()]) == ([], ["by-hand-0123456789"])


def test_made_job_names_its_run(tmp_path: Path) -> None:
    request = _request(folder=tmp_path)

    assert (request.has_made_job, request.run_name) == (True, "by-hand")


def test_refused_job_is_not_made(tmp_path: Path) -> None:
    assert not _request(folder=tmp_path, responseStatus={"code": 409}).has_made_job


def test_renewed_lease_and_others_writes_are_no_work_of_the_operator(tmp_path: Path) -> None:
    lease = {"resource": "leases", "namespace": "kube-system", "name": "tidewheel-operator"}
    requests = [
        _request(folder=tmp_path),
        _request(folder=tmp_path, objectRef=lease),
        _request(folder=tmp_path, userAgent="tidewheel-bench"),
        _request(folder=tmp_path, verb="get"),
    ]

    assert [is_work_of_operator(request) for request in requests] == [True, False, False, False]
