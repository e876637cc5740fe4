"""Ended runs and old versions go beyond the limits, and nothing that anybody still needs."""

import pytest
from tests.builders import NOW, Object, make_version, time_text
from tests.unit.operator.policies.histories import (
    ended,
    handled,
    names,
    own_version,
    past,
    pruned,
    remembers,
)
from tests.unit.operator.policies.loops import view

from tidewheel_contracts.api.v1alpha1.model_pipeline import ModelPipelineStatus
from tidewheel_operator.policies.events import Event
from tidewheel_operator.policies.pipeline_history import Pruning, may_exceed


def test_oldest_runs_beyond_each_limit_go_oldest_first() -> None:
    runs = [ended(number, failed=number % 2 == 0) for number in range(1, 9)]

    found = pruned(remembers(*range(1, 9)), past(*reversed(runs)), completed_runs=2)

    assert names(found.runs) == ["run-001", "run-002", "run-003", "run-004", "run-006"]


def test_nothing_goes_within_the_limits() -> None:
    runs = [ended(number, failed=number % 2 == 0) for number in range(1, 9)]
    status = remembers(*range(1, 9))

    found = pruned(status, past(*runs), completed_runs=4, failed_runs=4)

    assert found == Pruning(status)


@pytest.mark.parametrize(
    ("kept", "status"),
    [
        pytest.param(ended(1), remembers(1, 2, last=1), id="the last run"),
        pytest.param(ended(1), remembers(1, 2, active_run_name="run-001"), id="the active run"),
        pytest.param(ended(1), remembers(2), id="one that the pipeline does not remember"),
        pytest.param(ended(1, owner=""), remembers(1, 2), id="a person's run"),
        pytest.param(ended(1, owner="another"), remembers(1, 2), id="another pipeline's run"),
        pytest.param(
            ended(1, completion_time=None, version_number=1),
            remembers(1, 2),
            id="one that registers its version",
        ),
        pytest.param(
            ended(1, metadata={"deletionTimestamp": time_text(NOW)}),
            remembers(1, 2),
            id="one that goes already",
        ),
    ],
)
def test_run_stays(kept: Object, status: ModelPipelineStatus) -> None:
    found = pruned(status, past(kept, ended(2)), completed_runs=0)

    assert "run-001" not in names(found.runs)


def test_same_run_goes_when_none_of_that_holds() -> None:
    found = pruned(remembers(1, 2), past(ended(1), ended(2)), completed_runs=0)

    assert names(found.runs) == ["run-001"]


def test_run_older_than_the_full_memory_goes() -> None:
    status = remembers(*range(2, 102))

    found = pruned(status, past(ended(1), ended(101)))

    assert (names(found.runs), found.status) == (["run-001"], status)


def test_run_that_never_began_is_remembered_when_it_goes() -> None:
    runs = [ended(1, attempt=0, start_time=None), ended(2)]
    status = remembers(2)

    found = pruned(status, past(*runs))

    assert names(found.runs) == ["run-001"]
    memory = (handled(2), handled(1, began=False))
    assert found.status == status.model_copy(update={"handled_causes": memory})


def test_causes_that_opened_nothing_make_room_first() -> None:
    known = [handled(number, began=number != 50) for number in range(2, 102)]
    status = remembers(101).model_copy(update={"handled_causes": tuple(known)})
    runs = [ended(1, attempt=0, start_time=None), ended(101)]

    found = pruned(status, past(*runs))

    assert found.status.handled_causes == (
        *(item for item in known if item.began),
        handled(1, began=False),
    )


def test_one_step_takes_at_most_twenty() -> None:
    runs = [ended(number) for number in range(1, 51)]

    found = pruned(remembers(*range(1, 51)), past(*runs, *map(own_version, range(1, 9))))

    assert names(found.runs) == [f"run-{number:03}" for number in range(1, 21)]
    assert found.versions == ()


def test_events_name_all_that_went() -> None:
    found = pruned(remembers(1, 2, 3), past(*map(ended, (1, 2, 3)), *map(own_version, (1, 2))))

    assert found.events == (
        Event(
            "Normal",
            "HistoryPruned",
            "TrainingRuns beyond `spec.history` were deleted, their outcomes are in the "
            "pipeline's status: run-001, run-002",
        ),
        Event(
            "Normal",
            "HistoryPruned",
            "ModelVersions beyond `spec.history` were deleted, their artifacts stay in the store: "
            "flight-delay-v1",
        ),
    )


@pytest.mark.parametrize(
    ("runs", "versions", "expected"),
    [
        ([ended(1)], [], False),
        ([ended(1), ended(2, owner="")], [], False),
        ([ended(1), ended(2)], [], True),
        ([ended(1), *(ended(number, failed=True) for number in (2, 3))], [], False),
        ([ended(number, failed=True) for number in (1, 2, 3)], [], True),
        ([], [own_version(1)], False),
        ([], [own_version(1), make_version(2)], False),
        ([], [own_version(1), own_version(2)], True),
    ],
)
def test_past_is_looked_at_when_there_is_more_than_a_limit(
    runs: list[Object], versions: list[Object], expected: bool
) -> None:
    limits = {"completed_runs": 1, "failed_runs": 2, "versions": 1}

    assert may_exceed(view(runs=runs, versions=versions, history=limits)) is expected
