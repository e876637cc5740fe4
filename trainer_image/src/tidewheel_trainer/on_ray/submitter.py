"""Submit a search to a Ray cluster, wait for its end, and bring back what its driver said.

A pod that comes after a lost one finds the job of that name, and only waits for it. A head that was
lost knows of no job, so the next pod submits it again, and it goes on from the trials in the store.
"""

from collections.abc import Mapping
from typing import Protocol

import requests
from pydantic import ValidationError

from tidewheel_contracts.job import (
    RAY_ENTRYPOINT,
    Failure,
    FailureReason,
    Result,
    parse_termination_message,
)
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.surroundings import Surroundings

__all__ = ["Jobs", "answer_in", "connected", "submit"]

_ADDRESS, _JOB = "RAY_DASHBOARD_ADDRESS", "RAY_JOB_SUBMISSION_ID"
_ENDED = frozenset({"SUCCEEDED", "FAILED", "STOPPED"})
_LOOK_SECONDS = 2.0
# A head that starts again takes about a minute.
_PATIENCE_SECONDS = 120.0
_LAST_WORDS = 1500


class Jobs(Protocol):
    """The jobs of a Ray cluster, as Ray's own client has them."""

    def submit_job(self, *, entrypoint: str, submission_id: str) -> str:
        """Begin a job."""

    def get_job_status(self, job_id: str) -> str:
        """Return how a job is doing."""

    def get_job_logs(self, job_id: str) -> str:
        """Return what a job has written so far."""


def connected(environment: Mapping[str, str]) -> Jobs:
    """Return the jobs of the cluster that KubeRay names; Ray's client takes the token by itself.

    Raises:
        ConnectionError: the cluster does not answer.
        TrainerError: RequestInvalid, when KubeRay names none.
    """
    from ray.job_submission import JobSubmissionClient

    address = _named(environment, _ADDRESS)
    url = address if address.startswith("http") else f"http://{address}"
    client: Jobs = JobSubmissionClient(url)
    return client


def submit(environment: Mapping[str, str], surroundings: Surroundings) -> Result | Failure:
    """Return what the driver said at its end.

    Raises:
        TrainerError: RayUnavailable, when the cluster does not answer or lost the job.
    """
    job = _named(environment, _JOB)
    last_heard = surroundings.seconds()
    jobs: Jobs | None = None
    is_known = False
    while True:
        try:
            jobs = jobs or connected(environment)
            is_known = is_known or _is_known(jobs, job)
            if str(jobs.get_job_status(job)) in _ENDED:
                return answer_in(jobs.get_job_logs(job))
            last_heard = surroundings.seconds()
        except (RuntimeError, OSError, requests.RequestException) as error:
            if surroundings.seconds() - last_heard > _PATIENCE_SECONDS:
                raise _lost(error) from error
        surroundings.wait(_LOOK_SECONDS)


def answer_in(log: str) -> Result | Failure:
    """Return the last message in what a driver wrote.

    Raises:
        TrainerError: RayUnavailable, when there is none.
    """
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    for line in reversed(lines):
        try:
            return parse_termination_message(line)
        except ValidationError:
            continue
    said = "\n".join(lines)[-_LAST_WORDS:] or "nothing"
    raise TrainerError(
        FailureReason.RAY_UNAVAILABLE,
        f"the driver of the search ended without a result; its last words: {said}",
    )


def _is_known(jobs: Jobs, job: str) -> bool:
    """Submit a job unless the cluster has it."""
    try:
        jobs.get_job_status(job)
    except RuntimeError as error:
        if "status code 404" not in str(error):
            raise
        jobs.submit_job(entrypoint=RAY_ENTRYPOINT, submission_id=job)
    return True


def _lost(error: Exception) -> TrainerError:
    return TrainerError(
        FailureReason.RAY_UNAVAILABLE,
        f"the head of the Ray cluster has not answered for {_PATIENCE_SECONDS:.0f} s: {error}",
    )


def _named(environment: Mapping[str, str], name: str) -> str:
    found = environment.get(name)
    if not found:
        raise TrainerError(
            FailureReason.REQUEST_INVALID,
            f"the environment variable {name} is not set; KubeRay sets it in the pod that submits",
        )
    return found
