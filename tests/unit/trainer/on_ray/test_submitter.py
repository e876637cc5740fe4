"""The pod that submits: it finds or begins a job, bears with a silent cluster, and answers."""

import dataclasses
from collections.abc import Iterator, Sequence
from itertools import count

import pytest

from tidewheel_contracts.job import RAY_ENTRYPOINT, Failure, FailureReason, SearchResult
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.on_ray import submitter
from tidewheel_trainer.on_ray.submitter import answer_in, submit
from tidewheel_trainer.surroundings import Surroundings

FOUND = SearchResult(trials=8, finished=8, failed=0, pruned=0)
ENVIRONMENT = {"RAY_DASHBOARD_ADDRESS": "head:8265", "RAY_JOB_SUBMISSION_ID": "job-1"}
UNKNOWN = RuntimeError("Request failed with status code 404: Job job-1 does not exist.")
AWAY = ConnectionError("refused")


class FakeJobs:
    """A cluster whose answers about the job come one after the other, the last one for ever."""

    def __init__(self, answers: Sequence[str | Exception], log: str) -> None:
        self._answers = list(answers)
        self._log = log
        self.submitted: list[tuple[str, str]] = []

    def submit_job(self, *, entrypoint: str, submission_id: str) -> str:
        self.submitted.append((entrypoint, submission_id))
        return submission_id

    def get_job_status(self, job_id: str) -> str:
        assert job_id == "job-1"
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def get_job_logs(self, job_id: str) -> str:
        assert job_id == "job-1"
        return self._log


@pytest.fixture
def ticking(surroundings: Surroundings) -> Surroundings:
    """Return surroundings whose clock goes on by ten seconds whenever somebody looks."""
    ticks: Iterator[int] = count(0, 10)
    return dataclasses.replace(
        surroundings, seconds=lambda: float(next(ticks)), wait=lambda _: None
    )


def jobs_of(
    monkeypatch: pytest.MonkeyPatch, *answers: str | Exception, log: str = FOUND.to_json()
) -> FakeJobs:
    jobs = FakeJobs(answers, log)
    monkeypatch.setattr(submitter, "connected", lambda _: jobs)
    return jobs


def test_job_that_is_unknown_is_submitted_once(
    monkeypatch: pytest.MonkeyPatch, ticking: Surroundings
) -> None:
    jobs = jobs_of(monkeypatch, UNKNOWN, "PENDING", "RUNNING", "SUCCEEDED")

    assert submit(ENVIRONMENT, ticking) == FOUND
    assert jobs.submitted == [(RAY_ENTRYPOINT, "job-1")]


def test_job_that_is_known_is_waited_for_through_a_silence(
    monkeypatch: pytest.MonkeyPatch, ticking: Surroundings
) -> None:
    jobs = jobs_of(monkeypatch, "RUNNING", "RUNNING", AWAY, AWAY, "FAILED")

    assert submit(ENVIRONMENT, ticking) == FOUND
    assert jobs.submitted == []


def test_cluster_that_stays_away_is_given_up(
    monkeypatch: pytest.MonkeyPatch, ticking: Surroundings
) -> None:
    jobs_of(monkeypatch, AWAY)

    with pytest.raises(TrainerError) as caught:
        submit(ENVIRONMENT, ticking)

    assert caught.value.as_failure() == Failure(
        reason=FailureReason.RAY_UNAVAILABLE,
        message="the head of the Ray cluster has not answered for 120 s: refused",
    )


def test_without_kuberay_the_missing_variable_is_named(surroundings: Surroundings) -> None:
    with pytest.raises(TrainerError) as caught:
        submit({}, surroundings)

    assert caught.value.as_failure() == Failure(
        reason=FailureReason.REQUEST_INVALID,
        message="the environment variable RAY_JOB_SUBMISSION_ID is not set; KubeRay sets it in the "
        "pod that submits",
    )


def test_last_message_of_a_log_is_the_answer() -> None:
    first = FOUND.model_copy(update={"finished": 1}).to_json()

    assert answer_in(f"{first}\nnoise\n{FOUND.to_json()}\n{{}}\n\n") == FOUND


def test_log_without_a_message_is_quoted() -> None:
    with pytest.raises(TrainerError) as caught:
        answer_in("Traceback\nImportError: no module\n")

    assert caught.value.as_failure() == Failure(
        reason=FailureReason.RAY_UNAVAILABLE,
        message="the driver of the search ended without a result; its last words: Traceback\n"
        "ImportError: no module",
    )
