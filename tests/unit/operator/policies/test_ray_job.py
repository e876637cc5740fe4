"""A RayJob in the words of a Job, and what becomes of its run."""

from dataclasses import replace
from typing import Any

import pytest
from tests.builders import NOW, Object, make_run
from tests.unit.operator.observations import as_sent, conditions, terminated
from tests.unit.operator.policies.ray_jobs import followed, ray_job, ray_pod
from tests.unit.operator.policies.runs import status, view

from tidewheel_contracts import labels
from tidewheel_contracts.api.v1alpha1.run_status import SearchProgress, Stage
from tidewheel_contracts.job import Failure, FailureReason, SearchResult
from tidewheel_operator.policies.decision import Decision
from tidewheel_operator.policies.ray_job import pods_of_ray_job
from tidewheel_operator.policies.training_run import decide

RUN = make_run(engine="RayJob", search={"trials": 8, "parallelism": 2})
KILLED = terminated(137, "", "OOMKilled")
SUCCEEDED = {"jobStatus": "SUCCEEDED", "jobDeploymentStatus": "Complete"}
FOUND = SearchResult(
    trials=8, finished=6, failed=1, pruned=1, best_candidate="boosting", best_score="0.71"
)


def failed_by(reason: str, message: str) -> dict[str, Any]:
    return {"jobDeploymentStatus": "Failed", "reason": reason, "message": message}


def killed(job: Object, node_type: str = "worker", *, is_back: bool = True) -> Object:
    """Return a pod whose container was killed for memory, and maybe runs again."""
    pod = ray_pod(job, KILLED, "RayCluster", node_type)
    pod["metadata"]["labels"]["ray.io/node-type"] = node_type
    if is_back:
        [container] = pod["status"]["containerStatuses"]
        container.update(state={"running": {}}, lastState=KILLED)
    return pod


def renamed(job: Object, number: int) -> Object:
    """Return a RayJob as that of another attempt which has just begun."""
    facts = job["metadata"]
    annotations = facts["annotations"] | {labels.ROUND: str(number)}
    other = {"name": f"{facts['name']}-{number}", "uid": "uid-other", "annotations": annotations}
    return {**job, "metadata": facts | other, "status": {}}


def lost(run: Object) -> Any:
    """Return the view of a run whose search on Ray was lost with its workers."""
    job = followed(run, **failed_by("AppFailed", "exit code 10"))
    failure = Failure(reason=FailureReason.RAY_UNAVAILABLE, message="a part was lost")
    return view(run, job, pods=(ray_pod(job, terminated(10, failure), "Job", "submitter"),))


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


@pytest.mark.parametrize("is_back", [False, True], ids=["it has ended", "it runs again"])
def test_worker_that_was_killed_for_memory_is_remembered(is_back: bool) -> None:
    job = followed(RUN, jobDeploymentStatus="Running")
    pods = (killed(job, is_back=is_back), killed(job, "head"))

    search = decide(view(RUN, job, pods=pods), NOW).status.search

    assert search is not None
    assert search.killed_workers == 1


def test_search_that_was_lost_with_workers_killed_for_memory_is_tried_with_more() -> None:
    asked = {"engine": "RayJob", "search": {"parallelism": 2}, "resources": {"memory": "2Gi"}}
    run = make_run(**asked, retry={"memory_limit": "8Gi"})
    job = followed(run, jobDeploymentStatus="Running")
    seen = decide(view(run, job, pods=(killed(job),)), NOW).status
    after = make_run(**asked, retry={"memory_limit": "8Gi"}, status=seen)

    decision = decide(lost(after), NOW)

    [attempt] = decision.status.failed_attempts
    assert (attempt.reason, attempt.memory) == ("OutOfMemory", "2Gi")
    assert attempt.message == (
        "a worker of the Ray cluster used more memory than `resources.memory` allows; raise it; "
        "then a part was lost"
    )
    [again] = decision.create
    [group] = again["spec"]["rayClusterSpec"]["workerGroupSpecs"]
    [container] = group["template"]["spec"]["containers"]
    assert container["resources"]["limits"] == {"memory": "5Gi"}


def test_why_a_search_was_lost_is_known_though_the_next_ray_job_was_made_before_any_status() -> (
    None
):
    asked = {"engine": "RayJob", "search": {"parallelism": 2}}
    run = make_run(**asked)
    job = followed(run, jobDeploymentStatus="Running")
    seen = decide(view(run, job, pods=(killed(job),)), NOW).status
    before = lost(make_run(**asked, status=seen))
    [first] = before.jobs
    second = renamed(first, 2)

    decision = decide(replace(before, jobs=(first, second)), NOW)

    [attempt] = decision.status.failed_attempts
    assert (attempt.reason, attempt.job_name) == ("OutOfMemory", first["metadata"]["name"])
    assert decision.status.search == SearchProgress(job_name=second["metadata"]["name"], pods=2)


def test_search_that_was_lost_otherwise_is_not_tried_with_more() -> None:
    run = make_run(engine="RayJob", search={"parallelism": 2}, retry={"memory_limit": "8Gi"})

    decision = decide(lost(run), NOW)

    assert decision.create == ()
    assert decision.status.conditions[0].reason == "RayUnavailable"


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


def test_run_that_is_suspended_tells_beside_it_that_kuberay_is_missing() -> None:
    run = make_run(engine="RayJob", search={"trials": 8, "parallelism": 2}, suspend=True)

    decision = decide(view(run, ray_problem="RayJobs cannot be read"), NOW)

    message = (
        "`spec.suspend` is true: the run begins when it is false; `engine` is 'RayJob', and "
        "RayJobs cannot be read"
    )
    assert decision == Decision(
        status=status(Stage.SUSPENDED, *conditions("Suspended", message, "Suspended")),
        requeue_seconds=15.0,
    )


def test_run_whose_ray_job_cannot_be_seen_does_not_say_that_it_is_suspended() -> None:
    searching = decide(view(RUN, followed(RUN)), NOW).status
    run = make_run(
        engine="RayJob", search={"trials": 8, "parallelism": 2}, suspend=True, status=searching
    )

    decision = decide(view(run, ray_problem="RayJobs cannot be read"), NOW)

    assert decision.status.stage == Stage.WAITING
    assert decision.status.conditions[0].reason == "EngineMissing"


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
