"""What a run's status says of its Job's reports, and how often."""

from datetime import timedelta
from typing import Any

import pytest
from tests.builders import NOW, Object, make_result, make_run, time_text
from tests.unit.operator.observations import reduce_job, search_job, train_job
from tests.unit.operator.policies.reports import told, trials
from tests.unit.operator.policies.runs import training, view

from tidewheel_contracts.api.v1alpha1.run_progress import Curve, RunProgress
from tidewheel_contracts.api.v1alpha1.run_status import Stage, TrainingRunStatus
from tidewheel_operator.policies.decision import Decision
from tidewheel_operator.policies.reported import Told
from tidewheel_operator.policies.run_progress import with_progress
from tidewheel_operator.policies.training_run_view import RunDecision

SEARCH = {"trials": 8, "parallelism": 2}
CURVE = Curve.model_validate({"of": "TrainingLoss", "points": [{"step": 1, "value": "0.5"}]})


def progress(percent: int = 30, seconds_ago: int = 0, **fields: Any) -> RunProgress:
    """Return what a status says after `told()`."""
    plain = {
        "percent": percent,
        "attempt": 1,
        "step": "Choosing",
        "message": "fit forest on 7,000 rows",
        "report_time": time_text(NOW - timedelta(seconds=seconds_ago)),
    }
    return RunProgress.model_validate({**plain, **fields})


def decided(
    before: RunProgress | None, heard: Told | None, after: TrainingRunStatus | None = None
) -> RunDecision:
    """Return the decision of a run whose Job runs, or with another status in it."""
    status = training(progress=before)
    run = make_run(status=status)
    return with_progress(
        view(run, train_job(run), told=heard), Decision(status=after or status), NOW
    )


def test_status_says_what_the_job_told() -> None:
    heard = told(
        trials=trials(3, running=2),
        best_candidate="forest",
        best_score="0.71",
        curve=CURVE,
        elapsed_seconds=40,
        remaining_seconds=90,
    )

    assert decided(None, heard).status.progress == progress(
        trials=trials(3, running=2),
        best_candidate="forest",
        best_score="0.71",
        curve=CURVE,
        elapsed_seconds=40,
        remaining_seconds=90,
    )


def test_run_of_which_nothing_was_told_says_nothing() -> None:
    assert decided(None, None).status.progress is None


def test_what_another_attempt_told_is_not_said() -> None:
    assert decided(progress(seconds_ago=60), told(2)).status.progress == progress(seconds_ago=60)


@pytest.mark.parametrize(
    ("seconds_ago", "requeue"),
    [
        pytest.param(0, 6.0, id="just now"),
        pytest.param(5, 1.0, id="five seconds ago, or four and a half"),
        pytest.param(6, None, id="long enough ago"),
    ],
)
def test_news_wait_until_the_last_write_is_five_seconds_ago(
    seconds_ago: int, requeue: float | None
) -> None:
    before = progress(seconds_ago=seconds_ago)

    found = decided(before, told(percent=40))

    assert found.requeue_seconds == requeue
    assert found.status.progress == (before if requeue else progress(40))


def test_the_same_again_is_no_write() -> None:
    before = progress(seconds_ago=60)

    found = decided(before, told())

    assert (found.status.progress, found.requeue_seconds) == (before, None)


def test_percent_never_goes_back_within_an_attempt() -> None:
    found = decided(progress(50, seconds_ago=60), told(step="Testing"))

    assert found.status.progress == progress(50, step="Testing")


def test_another_attempt_begins_anew() -> None:
    run = make_run(status=training(2, progress=progress(50, seconds_ago=60)))
    decision = Decision(status=training(2))

    found = with_progress(view(run, train_job(run, 2), told=told(2)), decision, NOW)

    assert found.status.progress == progress(30, attempt=2)


@pytest.mark.parametrize(
    ("make_job", "attempt", "percents"),
    [
        pytest.param(search_job, 1, {0: 0, 50: 40, 100: 80}, id="trials are the first 80"),
        pytest.param(reduce_job, 2, {0: 80, 50: 90, 100: 99}, id="judging is the rest"),
    ],
)
def test_percent_is_of_the_whole_run(make_job: Any, attempt: int, percents: dict[int, int]) -> None:
    run = make_run(search=SEARCH, status=training(attempt))
    job: Object = make_job(run, attempt)

    for percent, whole in percents.items():
        heard = view(run, job, told=told(attempt, percent=percent))
        found = with_progress(heard, Decision(status=training(attempt)), NOW)
        assert found.status.progress == progress(whole, attempt=attempt)


def test_what_the_trials_came_to_stays_while_the_best_is_judged() -> None:
    known = {"best_candidate": "forest", "best_score": "0.71", "curve": CURVE}
    before = progress(80, seconds_ago=60, trials=trials(8, running=1), **known)
    run = make_run(search=SEARCH, status=training(2, progress=before))
    decision = Decision(status=training(2))

    found = with_progress(view(run, reduce_job(run, 2), told=told(2, percent=0)), decision, NOW)

    assert found.status.progress == progress(80, attempt=2, trials=trials(8), **known)


def test_a_job_that_is_being_created_comes_first() -> None:
    run = make_run(status=training())
    decision = Decision(status=training(), create=(train_job(run, 2),))

    assert with_progress(view(run, train_job(run), told=told()), decision, NOW) == decision


RUNNING = {"trials": trials(3, running=2), "remaining_seconds": 90}


def test_at_a_verdict_progress_is_complete() -> None:
    before = progress(70, **RUNNING)
    ended = training(progress=before, result=make_result(), completion_time=time_text(NOW))

    found = decided(before, told(percent=90), ended)

    assert found.status.progress == progress(100, step="Finished", message="", trials=trials(3))


def test_a_run_that_is_suspended_says_how_far_it_came_and_that_nothing_runs() -> None:
    before = progress(70, **RUNNING)
    held = training(progress=before).model_copy(update={"stage": Stage.SUSPENDED})

    found = decided(before, told(percent=90, trials=trials(4, running=1)), held)

    assert found.status.progress == progress(70, trials=trials(3))


def test_a_run_that_failed_says_how_far_it_came() -> None:
    before = progress(70, **RUNNING)
    ended = training(progress=before, completion_time=time_text(NOW))

    found = decided(before, told(percent=90), ended)

    assert found.status.progress == progress(70, trials=trials(3))
