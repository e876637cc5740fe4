"""Report progress to the operator beside the work; only the last report counts.

A thread sends what was told last, at most every five seconds and only when there is news. Nothing
that happens to a report reaches the work.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlsplit

from tidewheel_contracts.report import (
    LONGEST_MESSAGE,
    REPORT_SECONDS,
    REPORT_TOKEN_PATH,
    REPORT_VARIABLE,
    Report,
)
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.pace import Pace, paced, remaining_seconds
from tidewheel_trainer.progress import (
    NO_DETAILS,
    Details,
    Progress,
    print_note,
    print_progress,
)

__all__ = ["Reporter", "post_report", "report_address", "reported"]

_TIMEOUT_SECONDS = 2.0
_LONGEST_PAUSE_SECONDS = 60.0
_UNAVAILABLE = 503
# A replica of the operator that does not lead says so; a new connection may reach the other one.
_TRIES = 4

Send = Callable[[Report], None]


class NotTakenError(Exception):
    """The operator did not take a report."""


@dataclass(frozen=True, slots=True)
class _Step:
    """What was told last, `seconds` after the program began."""

    stage: str
    percent: int
    message: str
    details: Details
    seconds: float
    pace: Pace | None

    def as_report(self) -> Report:
        return Report(
            step=self.stage,
            percent=self.percent,
            message=self.message[:LONGEST_MESSAGE],
            trials=self.details.trials,
            best_candidate=self.details.best_candidate,
            best_score=self.details.best_score,
            curve=self.details.curve,
            elapsed_seconds=int(self.seconds),
            remaining_seconds=remaining_seconds(self.pace, self.percent, self.seconds),
        )


@dataclass(slots=True)
class Reporter:
    """Takes steps from the work, and sends the last one from a thread of its own.

    `seconds` is a clock that only goes on, and `pause` returns after so many seconds, or earlier
    with true once nothing is to be sent any more.
    """

    send: Send
    seconds: Callable[[], float]
    pause: Callable[[float], bool]
    note: Callable[[str], None] = print_note
    began: float = field(init=False)
    step: _Step | None = None
    news: threading.Event = field(default_factory=threading.Event)
    failures: int = 0

    def __post_init__(self) -> None:
        self.began = self.seconds()

    def tell(self, stage: str, percent: int, message: str, details: Details) -> None:
        """Take what is to be sent next; details that are absent stay as they were told before."""
        before, seconds = self.step, self.seconds() - self.began
        self.step = _Step(
            stage=stage,
            percent=percent,
            message=message,
            details=_completed(details, before.details) if before else details,
            seconds=seconds,
            pace=paced(before.pace if before else None, stage, percent, seconds),
        )
        self.news.set()

    def go_on(self) -> None:
        """Send whenever there is news, until `pause` says that it is enough."""
        while True:
            self.news.wait()
            self.news.clear()
            self.send_last()
            if self.pause(self.pause_seconds()):
                return

    def send_last(self) -> None:
        """Send what was told last; what is not taken is sent again after a pause."""
        if self.step is None:
            return
        try:
            self.send(self.step.as_report())
        except (NotTakenError, TrainerError, OSError, HTTPException, ValueError) as error:
            self.failures += 1
            self.news.set()
            if self.failures == 1:
                self.note(f"no progress is shown meanwhile: the report was not taken: {error}")
        else:
            self.failures = 0

    def pause_seconds(self) -> float:
        """Return how long to wait before the next report: longer after each failure."""
        return min(_LONGEST_PAUSE_SECONDS, REPORT_SECONDS * 2.0 ** max(0, self.failures - 1))


@contextmanager
def reported(environment: Mapping[str, str], seconds: Callable[[], float]) -> Iterator[Progress]:
    """Yield how to tell progress: it is printed and, where the Job is to report, reported.

    Args:
        environment: the variables of the process; REPORT_VARIABLE says where to report to.
        seconds: a clock that only goes on.
    """
    url = environment.get(REPORT_VARIABLE, "")
    if not url:
        yield print_progress
        return
    ended = threading.Event()
    reporter = Reporter(
        send=lambda report: post_report(url, Path(REPORT_TOKEN_PATH), report),
        seconds=seconds,
        pause=ended.wait,
    )

    def tell(stage: str, percent: int, message: str, details: Details = NO_DETAILS, /) -> None:
        print_progress(stage, percent, message, details)
        reporter.tell(stage, percent, message, details)

    # Nobody waits for it at the end: the termination message tells all that a report could.
    threading.Thread(target=reporter.go_on, name="reports", daemon=True).start()
    try:
        yield tell
    finally:
        ended.set()


def report_address(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return host and port of the operator as an entry of the egress guard's list, if any."""
    url = environment.get(REPORT_VARIABLE, "")
    return (urlsplit(url).netloc,) if url else ()


def post_report(url: str, token_file: Path, report: Report) -> None:
    """Send a report.

    Raises:
        NotTakenError: the operator refused it, or no replica that answered leads.
        OSError: nobody answered within two seconds, or there is no token.
        HTTPException: what answered does not speak HTTP.
    """
    token, body = token_file.read_text(encoding="ascii").strip(), report.to_json().encode()
    for _ in range(_TRIES):
        status, answer = _post(url, token, body)
        if status < 300:
            return
        if status != _UNAVAILABLE:
            break
    raise NotTakenError(f"the operator answered {status}: {answer}")


def _post(url: str, token: str, body: bytes) -> tuple[int, str]:
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=_TIMEOUT_SECONDS)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    try:
        connection.request("POST", parts.path, body, headers)
        response = connection.getresponse()
        return response.status, response.read(1000).decode(errors="replace")
    finally:
        connection.close()


def _completed(details: Details, before: Details) -> Details:
    return replace(
        before,
        **{
            name: value
            for name in ("trials", "best_candidate", "best_score", "curve")
            if (value := getattr(details, name))
        },
    )
