"""What is known of a search never gets less."""

from tests.builders import NOW, make_run, time_text
from tests.unit.operator.observations import job_pod, search_job, terminated

from tidewheel_contracts.api.v1alpha1.run_status import SearchProgress
from tidewheel_contracts.job import SearchResult
from tidewheel_operator.policies.search_progress import completed, search_progress

JOB = search_job(make_run(search={"parallelism": 2}))
NAME = JOB["metadata"]["name"]
EARLY = SearchResult(trials=8, finished=2, failed=0, pruned=0, best_candidate="a", best_score="0.6")
LATE = SearchResult(trials=8, finished=5, failed=1, pruned=2, best_candidate="b", best_score="0.7")
KNOWN = SearchProgress(
    job_name=NAME,
    trials=8,
    finished=5,
    failed=1,
    pruned=2,
    pods=2,
    finished_pods=2,
    best_candidate="b",
    best_score="0.7",
)


def test_pod_that_tells_of_the_most_trials_speaks() -> None:
    pods = [
        job_pod(JOB, terminated(0, LATE), name="one"),
        job_pod(JOB, terminated(0, EARLY), name="two"),
    ]
    job = {**JOB, "status": {"succeeded": 2}}

    assert search_progress(job, pods, None, 2) == KNOWN


def test_counts_stay_when_the_pods_are_gone() -> None:
    assert search_progress(JOB, [], KNOWN, 2) == KNOWN


def test_counts_stay_when_only_the_first_pod_is_left() -> None:
    pods = [job_pod(JOB, terminated(0, EARLY))]

    assert search_progress(JOB, pods, KNOWN, 2) == KNOWN


def test_another_job_begins_anew() -> None:
    before = KNOWN.model_copy(update={"job_name": "the-job-before"})

    assert search_progress(JOB, [], before, 2) == SearchProgress(job_name=NAME, pods=2)


def test_pod_that_failed_or_said_something_else_tells_nothing() -> None:
    pods = [
        job_pod(JOB, terminated(1, LATE), name="one"),
        job_pod(JOB, terminated(0, "the last line of a log"), name="two"),
        job_pod(JOB, {"running": {}}, name="three"),
    ]

    assert search_progress(JOB, pods, None, 2) == SearchProgress(job_name=NAME, pods=2)


def test_search_ends_once() -> None:
    ended = completed(KNOWN, NOW)

    assert ended == KNOWN.model_copy(update={"completion_time": time_text(NOW)})
    assert completed(ended, NOW.replace(year=2030)) == ended
