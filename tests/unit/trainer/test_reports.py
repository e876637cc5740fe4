"""Reports are sent beside the work, and nothing that happens to them reaches it."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tidewheel_contracts.api.v1alpha1.run_progress import TrialCounts
from tidewheel_contracts.report import Report
from tidewheel_trainer import reports
from tidewheel_trainer.progress import NO_DETAILS, Details, print_progress
from tidewheel_trainer.reports import (
    NotTakenError,
    Reporter,
    post_report,
    report_address,
    reported,
)

REPORT = Report(step="Choosing", percent=30)


@dataclass
class Work:
    """A reporter on a clock of the test; `faults` are what happens to the next reports."""

    faults: list[Exception] = field(default_factory=list)
    now: float = 100.0
    sent: list[Report] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)
    most_pauses: int = 1

    def reporter(self) -> Reporter:
        """Return the reporter."""
        return Reporter(self._send, lambda: self.now, self._pause, self.notes.append)

    def _send(self, report: Report) -> None:
        self.sent.append(report)
        if self.faults:
            raise self.faults.pop(0)

    def _pause(self, seconds: float) -> bool:
        self.pauses.append(seconds)
        return len(self.pauses) >= self.most_pauses


def test_a_report_has_what_was_told_last_and_how_long_it_takes() -> None:
    work = Work()
    reporter = work.reporter()
    trials = TrialCounts(planned=8, done=2)

    reporter.tell("Reading", 20, "read part 1 of 1", NO_DETAILS)
    work.now = 110.0
    reporter.tell("Searching", 20, "0 of 8 trials are done", Details(trials, "tree", "0.5"))
    work.now = 130.0
    reporter.tell("Searching", 40, "x" * 300, NO_DETAILS)
    reporter.go_on()

    assert work.sent == [
        Report(
            step="Searching",
            percent=40,
            message="x" * 256,
            trials=trials,
            best_candidate="tree",
            best_score="0.5",
            elapsed_seconds=30,
            remaining_seconds=60,
        )
    ]
    assert work.pauses == [5.0]


def test_what_is_not_taken_is_sent_again_ever_more_seldom_and_said_once() -> None:
    work = Work(faults=[NotTakenError("the operator answered 503: {}"), *map(OSError, "abcde")])
    work.most_pauses = 7
    reporter = work.reporter()

    reporter.tell("Choosing", 30, "fit", NO_DETAILS)
    reporter.go_on()

    assert work.pauses == [5.0, 10.0, 20.0, 40.0, 60.0, 60.0, 5.0]
    assert len(work.sent) == 7
    assert work.notes == [
        "no progress is shown meanwhile: the report was not taken: the operator answered 503: {}"
    ]


def test_what_cannot_be_a_report_is_no_fault_of_the_work() -> None:
    work = Work()
    reporter = work.reporter()

    reporter.tell("Choosing", 101, "more than all", NO_DETAILS)
    reporter.go_on()

    assert (work.sent, len(work.notes)) == ([], 1)


def test_a_job_that_is_told_no_address_only_prints() -> None:
    with reported({}, lambda: 0.0) as progress:
        assert progress is print_progress


@pytest.fixture
def token(tmp_path: Path) -> Path:
    file = tmp_path / "token"
    file.write_text("secret\n")
    return file


@dataclass
class Endpoint:
    """An operator that answers as told, one code a request, and notes what came."""

    codes: list[int]
    port: int = 0
    requests: list[tuple[str, str, Any]] = field(default_factory=list)
    came: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        """Return where to report to."""
        return f"http://127.0.0.1:{self.port}/reports/ml/by-hand"


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    found = Endpoint([202])

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.requests.append((self.path, self.headers["Authorization"], json.loads(body)))
            self.send_response(found.codes.pop(0))
            self.end_headers()
            self.wfile.write(b'{"error": "no"}')
            found.came.set()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        found.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield found
        server.shutdown()
        thread.join()


SENT = ("/reports/ml/by-hand", "Bearer secret", json.loads(REPORT.to_json()))


def test_a_report_is_posted_with_the_token_as_it_is_now(endpoint: Endpoint, token: Path) -> None:
    post_report(endpoint.url, token, REPORT)

    assert endpoint.requests == [SENT]


def test_a_replica_that_does_not_lead_is_passed_by(endpoint: Endpoint, token: Path) -> None:
    endpoint.codes = [503, 503, 202]

    post_report(endpoint.url, token, REPORT)

    assert endpoint.requests == [SENT, SENT, SENT]


@pytest.mark.parametrize(
    ("codes", "requests"),
    [
        pytest.param([503] * 4, 4, id="no replica leads"),
        pytest.param([403], 1, id="a refusal is not repeated at once"),
    ],
)
def test_a_report_that_is_not_taken(
    endpoint: Endpoint, token: Path, codes: list[int], requests: int
) -> None:
    endpoint.codes = list(codes)

    with pytest.raises(
        NotTakenError, match=f'^the operator answered {codes[0]}: {{"error": "no"}}$'
    ):
        post_report(endpoint.url, token, REPORT)
    assert len(endpoint.requests) == requests


def test_a_job_that_is_told_an_address_prints_and_reports(
    endpoint: Endpoint, token: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setattr(reports, "REPORT_TOKEN_PATH", str(token))

    with reported({"TIDEWHEEL_REPORT_URL": endpoint.url}, lambda: 0.0) as progress:
        progress("Choosing", 30, "fit forest")
        assert endpoint.came.wait(30)

    line = {"stage": "Choosing", "percent": 30, "message": "fit forest"}
    assert json.loads(capsys.readouterr().out) == line
    sent = Report(step="Choosing", percent=30, message="fit forest")
    assert endpoint.requests == [(*SENT[:2], json.loads(sent.to_json()))]


def test_only_the_operators_own_address_is_allowed_for_it() -> None:
    url = "http://tidewheel.system.svc:8091/reports/ml/by-hand"

    assert report_address({"TIDEWHEEL_REPORT_URL": url}) == ("tidewheel.system.svc:8091",)
    assert report_address({}) == ()
