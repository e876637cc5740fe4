"""What the demo waits for: the reason while it is missing, and when it never comes."""

import pytest
from tests.unit.dev.demo.builders import (
    condition,
    dataset,
    deployment,
    pipeline,
    run,
    verdict,
)

from tidewheel_contracts.api.v1alpha1.run_status import Cause
from tidewheel_dev.demo import facts
from tidewheel_dev.demo.state import State
from tidewheel_dev.demo.watch import HopelessError

READY = condition("Ready", "True", "Serving", "version 1 serves")


def test_a_dataset_without_snapshot_says_why() -> None:
    told = condition("Stalled", "True", "SourceEmpty", "no object has this prefix")
    reason = facts.snapshot_has_rows(State(datasets=(dataset(None, told),)), 50_009)
    assert reason == "Dataset 'flights' says SourceEmpty: no object has this prefix"


def test_a_snapshot_counts_only_with_all_rows() -> None:
    state = State(datasets=(dataset(26_398),))
    assert facts.snapshot_has_rows(state, 26_398) is None
    reason = facts.snapshot_has_rows(state, 50_009)
    assert reason == "the snapshot has 26398 labelled rows, not 50009"


def test_a_run_that_is_not_there_yet_lets_the_pipeline_speak() -> None:
    told = condition("Ready", "False", "WaitingForData", "no snapshot yet")
    state = State(pipelines=(pipeline(told),), runs=(run("Initial"),))
    reason = facts.run_has_ended(state, Cause.ALERT)
    assert reason == (
        "there is no run with cause Alert yet; "
        "ModelPipeline 'flight-delay' says WaitingForData: no snapshot yet"
    )


def test_a_run_in_flight_says_what_it_does() -> None:
    told = condition("Ready", "False", "Training", "the training Job runs")
    reason = facts.run_has_ended(State(runs=(run("Initial", told),)), Cause.INITIAL)
    assert reason == "TrainingRun 'run-1' says Training: the training Job runs"


def test_a_run_with_a_version_has_ended() -> None:
    complete = condition("Complete", "True", "Registered")
    ended = run("Initial", complete, versionName="flight-delay-v1", result=verdict("Passed"))
    assert facts.run_has_ended(State(runs=(ended,)), Cause.INITIAL) is None


@pytest.mark.parametrize(
    ("conditions", "message"),
    [
        pytest.param(
            (
                condition("Failed", "True", "OOMKilled", "killed"),
                condition("Ready", "False", "OOMKilled", "the Job was killed for memory"),
            ),
            "without a verdict: TrainingRun 'run-1' says OOMKilled: the Job was killed for memory",
            id="failed",
        ),
        pytest.param(
            (
                condition("Complete", "True", "Refused", "refused"),
                condition("Ready", "True", "Refused", "WorseThanChampion"),
            ),
            "without a version: TrainingRun 'run-1' says Refused: WorseThanChampion",
            id="refused",
        ),
    ],
)
def test_waiting_ends_at_once_when_a_run_gave_no_version(
    conditions: tuple[object, ...], message: str
) -> None:
    with pytest.raises(HopelessError, match=message):
        facts.run_has_ended(State(runs=(run("Initial", *conditions),)), Cause.INITIAL)  # type: ignore[arg-type]


def test_the_newest_run_of_a_cause_counts() -> None:
    state = State(runs=(run("Alert", name="old"), run("Alert", name="new"), run("NewData")))
    found = facts.run_with_cause(state, Cause.ALERT)
    assert found is not None
    assert found.name == "new"


def test_a_version_serves_as_champion_of_a_ready_deployment() -> None:
    assert facts.version_serves(State(deployments=(deployment(1, READY),)), 1) is None
    told = "ModelDeployment 'flight-delay' says Serving: version 1 serves"
    assert facts.version_serves(State(deployments=(deployment(1, READY),)), 2) == told
    assert facts.version_serves(State(), 1) == "there is no ModelDeployment 'flight-delay' yet"


def test_triggered_is_compared_by_its_reason() -> None:
    told = condition("Triggered", "False", "BelowGrowthLimit", "grew by 35 %")
    state = State(pipelines=(pipeline(told),))
    assert facts.triggered_says(state, "BelowGrowthLimit") is None
    assert facts.triggered_says(state, "NothingNewToLearn") == (
        "Triggered should say NothingNewToLearn; it says BelowGrowthLimit: grew by 35 %"
    )
