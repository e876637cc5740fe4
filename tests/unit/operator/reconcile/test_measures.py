"""What is counted of runs: how soon they get their Job, and how they end."""

from datetime import timedelta

import pytest
from tests.builders import NOW, Object, make_dataset, make_run, time_text

from tidewheel_contracts.api.conditions import Condition, ConditionStatus
from tidewheel_contracts.api.v1alpha1.run_status import Cause, TrainingRunStatus, Trigger
from tidewheel_operator.reconcile.measures import measure_end, measure_job
from tidewheel_operator.runtime.metrics import JOB_CREATION_SECONDS, RUNS


def jobs_counted() -> tuple[float, float]:
    """Return how many first Jobs were counted, and the sum of their seconds."""
    samples = {
        sample.name: sample.value
        for metric in JOB_CREATION_SECONDS.collect()
        for sample in metric.samples
    }
    name = "tidewheel_job_creation_seconds"
    return samples[f"{name}_count"], samples[f"{name}_sum"]


def after_job(item: Object, seconds: float) -> tuple[float, float]:
    """Return what the creation of a Job adds, so long after that of the object."""
    item["metadata"]["creationTimestamp"] = time_text(NOW)
    count, total = jobs_counted()
    measure_job(item, NOW + timedelta(seconds=seconds))
    now_count, now_total = jobs_counted()
    return now_count - count, now_total - total


@pytest.mark.parametrize(
    ("item", "seconds", "added"),
    [
        pytest.param(make_run(), 7.0, (1.0, 7.0), id="the first Job of a run"),
        pytest.param(make_run(), -3.0, (1.0, 0.0), id="by a clock that is behind"),
        pytest.param(
            make_run(status=TrainingRunStatus(attempt=1)), 7.0, (0.0, 0.0), id="a later attempt"
        ),
        pytest.param(make_dataset(), 7.0, (0.0, 0.0), id="a collection"),
    ],
)
def test_time_to_the_job(item: Object, seconds: float, added: tuple[float, float]) -> None:
    assert after_job(item, seconds) == added


def ended(cause: Cause) -> TrainingRunStatus:
    """Return the status of a run that has ended."""
    ready = Condition(
        type="Ready",
        status=ConditionStatus.TRUE,
        reason="Registered",
        message="",
        last_transition_time=time_text(NOW),
    )
    return TrainingRunStatus(
        trigger=Trigger(cause=cause), completion_time=time_text(NOW), conditions=(ready,)
    )


def runs_counted(cause: Cause) -> float:
    """Return how many runs of a cause have ended with a version in this process."""
    return RUNS.labels(cause, "Registered")._value.get()


def test_end_of_a_run_is_counted_once() -> None:
    before, status = runs_counted(Cause.NEW_DATA), ended(Cause.NEW_DATA)

    measure_end(make_run(), status)
    measure_end(make_run(status=status), status)

    assert runs_counted(Cause.NEW_DATA) == before + 1


def test_run_that_goes_on_is_not_counted() -> None:
    before = runs_counted(Cause.DEMAND)

    measure_end(make_run(), TrainingRunStatus(attempt=1))

    assert runs_counted(Cause.DEMAND) == before
