"""A RayJob in the words of a Job, and what becomes of its run."""

from typing import Any

import pytest
from tests.builders import NOW, Object, make_run
from tests.unit.operator.observations import as_sent, conditions, terminated
from tests.unit.operator.policies.ray_jobs import followed, ray_job, ray_pod
from tests.unit.operator.policies.runs import status, view

from tidewheel_contracts.api.v1alpha1.run_status import Stage
from tidewheel_contracts.job import Failure, FailureReason, SearchResult
from tidewheel_operator.policies.decision import Decision
from tidewheel_operator.policies.ray_job import pods_of_ray_job
from tidewheel_operator.policies.training_run import decide

RUN = make_run(engine="RayJob", search={"trials": 8, "parallelism": 2})
SUCCEEDED = {"jobStatus": "SUCCEEDED", "jobDeploymentStatus": "Complete"}
FOUND = SearchResult(
    trials=8, finished=6, failed=1, pruned=1, best_candidate="boosting", best_score="0.71"
)


def failed_by(reason: str, message: str) -> dict[str, Any]:
    return {"jobDeploymentStatus": "Failed", "reason": reason, "message": message}


def test_search_of_a_run_on_ray_begins_with_a_ray_job() -> None:
    decision = decide(view(RUN), NOW)

    expected = ray_job(RUN)
    del expected["status"]
    assert decision.create == (as_sent(expected),)


@pytest.mark.parametrize(
    "state", ["", "Initializing", "Waiting", "Running", "Suspending", "Suspended", "Retrying"]
)
def test_ray_job_that_has_not_ended_is_a_job_at_work(state: str) -> None:
    assert followed(RUN, jobDeploymentStatus=state)["status"] == {}


@pytest.mark.parametrize(
    ("said", "condition"),
    [
        pytest.param(
            SUCCEEDED,
            {"type": "Complete", "status": "True"},
            id="its program ended well",
        ),
        pytest.param(
            {"jobStatus": "STOPPED", "jobDeploymentStatus": "Complete"},
            {
                "type": "Failed",
                "status": "True",
                "reason": "JobFailed",
                "message": "the Ray cluster could not do the search",
            },
            id="somebody stopped its program",
        ),
        pytest.param(
            failed_by("SubmissionFailed", "Job submission has failed"),
            {
                "type": "Failed",
                "status": "True",
                "reason": "SubmissionFailed",
                "message": "KubeRay could not hand the search to its Ray cluster: Job submission "
                "has failed",
            },
            id="it could not be submitted",
        ),
        pytest.param(
            {"jobDeploymentStatus": "ValidationFailed", "reason": "ValidationFailed"},
            {
                "type": "Failed",
                "status": "True",
                "reason": "ValidationFailed",
                "message": "KubeRay refuses the RayJob",
            },
            id="KubeRay refuses it",
        ),
    ],
)
def test_ending(said: dict[str, Any], condition: Object) -> None:
    assert followed(RUN, **said)["status"]["conditions"] == [condition]


def test_best_trial_is_judged_once_the_search_on_ray_has_ended() -> None:
    job = followed(RUN, **SUCCEEDED)
    pod = ray_pod(job, terminated(0, FOUND), "Job", "submitter")

    decision = decide(view(RUN, job, pods=(pod,)), NOW)

    [reduce] = decision.create
    assert reduce["kind"] == "Job"
    search = decision.status.search
    assert search is not None
    assert (search.finished, search.pods, search.finished_pods) == (6, 2, 2)


def test_failure_of_the_program_is_the_runs() -> None:
    job = followed(RUN, **failed_by("AppFailed", "exit code 10"))
    failure = Failure(reason=FailureReason.PARAMETER_INVALID, message="no parameter 'max_dept'")
    pod = ray_pod(job, terminated(0, failure), "Job", "submitter")

    decision = decide(view(RUN, job, pods=(pod,)), NOW)

    [ready, *_] = decision.status.conditions
    assert (ready.reason, ready.message) == ("ParameterInvalid", "no parameter 'max_dept'")


def test_search_that_ran_out_of_memory_on_ray_is_tried_with_more() -> None:
    run = make_run(
        engine="RayJob",
        search={"parallelism": 2},
        resources={"memory": "2Gi"},
        retry={"memory_limit": "8Gi"},
    )
    job = followed(run, **failed_by("AppFailed", "exit code 10"))
    failure = Failure(reason=FailureReason.OUT_OF_MEMORY, message="a worker ran out of memory")

    decision = decide(
        view(run, job, pods=(ray_pod(job, terminated(0, failure), "Job", "submitter"),)), NOW
    )

    [again] = decision.create
    [group] = again["spec"]["rayClusterSpec"]["workerGroupSpecs"]
    [container] = group["template"]["spec"]["containers"]
    assert (again["kind"], container["resources"]["limits"]) == ("RayJob", {"memory": "5Gi"})


def test_only_who_submitted_speaks_for_a_ray_job_that_has_ended() -> None:
    running, ended = ray_job(RUN, jobDeploymentStatus="Running"), ray_job(RUN, **SUCCEEDED)
    job = followed(RUN)
    worker = ray_pod(job, terminated(137), "RayCluster", "worker")
    submitter = ray_pod(job, terminated(0, FOUND), "Job", "submitter")

    found = [pods_of_ray_job(each, (worker, submitter)) for each in (running, ended)]

    assert found == [(worker, submitter), (submitter,)]


@pytest.mark.parametrize(
    "job", [pytest.param((), id="before"), pytest.param((followed(RUN),), id="meanwhile")]
)
def test_without_kuberay_nothing_begins_and_nothing_is_concluded(job: tuple[Object, ...]) -> None:
    decision = decide(view(RUN, *job, ray_problem="RayJobs cannot be read"), NOW)

    message = "`engine` is 'RayJob', and RayJobs cannot be read"
    assert decision == Decision(
        status=status(Stage.WAITING, *conditions("EngineMissing", message, "Stalled")),
        requeue_seconds=15.0,
    )


def test_before_anybody_has_looked_for_kuberay_what_was_said_stays() -> None:
    job = followed(RUN)
    searching = decide(view(RUN, job), NOW).status
    run = make_run(engine="RayJob", search={"trials": 8, "parallelism": 2}, status=searching)

    decision = decide(view(run, ray_problem=""), NOW)

    assert decision == Decision(status=searching, requeue_seconds=1.0)


def test_what_follows_the_search_needs_no_kuberay() -> None:
    job = followed(RUN, **SUCCEEDED)
    pod = ray_pod(job, terminated(0, FOUND), "Job", "submitter")
    searched = decide(view(RUN, job, pods=(pod,)), NOW).status
    run = make_run(engine="RayJob", search={"trials": 8, "parallelism": 2}, status=searched)

    [made] = decide(view(run, ray_problem="RayJobs cannot be read"), NOW).create

    assert made["kind"] == "Job"
