"""What a pipeline remembers of its runs, so that pruning a run forgets nothing."""

import dataclasses
from datetime import timedelta
from typing import Any

import pytest
from tests.builders import NOW, make_result, make_snapshot, snapshot_reference, time_text
from tests.unit.operator.observations import observed
from tests.unit.operator.policies.loops import (
    FIRST,
    handled,
    last_run,
    learned,
    queued,
    recipe,
    target,
    view,
)

from tidewheel_contracts.api.v1alpha1.model_pipeline import ModelPipelineStatus
from tidewheel_contracts.api.v1alpha1.run_result import Verdict
from tidewheel_contracts.api.v1alpha1.run_status import Cause
from tidewheel_operator.policies.pipeline_memory import admitted, remembered

NEWER = make_snapshot("snapshot two", 1500)
IN_FLIGHT = learned(
    active_run_name="run-2",
    last_run=last_run(
        name="run-2",
        cause=Cause.NEW_DATA,
        snapshot_digest=FIRST.digest,
        verdict=None,
    ),
)


def in_flight(**status: Any) -> Any:
    return view(IN_FLIGHT, runs=[queued("run-2", Cause.NEW_DATA, **status)])


PINNED: dict[str, Any] = {"snapshot": snapshot_reference(NEWER)}
ENDED: dict[str, Any] = {"completion_time": time_text(NOW)}


@pytest.mark.parametrize(
    ("run", "changes"),
    [
        pytest.param({}, {}, id="nothing of a run that has not started"),
        pytest.param(
            PINNED,
            {"snapshot_digest": NEWER.digest, "labelled_rows": 1500},
            id="the snapshot that the run pinned itself",
        ),
        pytest.param(
            {**PINNED, "result": make_result(Verdict.REFUSED)},
            {
                "snapshot_digest": NEWER.digest,
                "labelled_rows": 1500,
                "verdict": Verdict.REFUSED,
                "rows_at_last_run": 1500,
            },
            id="its verdict, which makes the rows old",
        ),
        pytest.param(
            {**PINNED, **ENDED},
            {
                "snapshot_digest": NEWER.digest,
                "labelled_rows": 1500,
                "active_run_name": None,
            },
            id="its end, whose rows are still new without a verdict",
        ),
    ],
)
def test_pipeline_remembers(run: dict[str, Any], changes: dict[str, Any]) -> None:
    of_pipeline = ("rows_at_last_run", "active_run_name")
    status = {key: value for key, value in changes.items() if key in of_pipeline}
    last = {key: value for key, value in changes.items() if key not in of_pipeline}
    assert IN_FLIGHT.last_run is not None

    assert remembered(in_flight(**run)) == IN_FLIGHT.model_copy(
        update={**status, "last_run": IN_FLIGHT.last_run.model_copy(update=last)}
    )


def test_run_that_was_deleted_in_flight_counts_as_ended() -> None:
    assert remembered(view(IN_FLIGHT)) == IN_FLIGHT.model_copy(update={"active_run_name": None})


def test_pipeline_without_a_run_in_flight_remembers_what_it_knew() -> None:
    ended = queued("run-1", Cause.INITIAL, **PINNED, **ENDED)

    assert remembered(view(learned(), runs=[ended])) == learned()


def test_last_hundred_causes_are_remembered() -> None:
    causes = [handled(NOW - timedelta(days=index), name=f"run-{index}") for index in range(100)]
    run = observed(queued("newest", Cause.ALERT))

    status = admitted(learned(handled_causes=causes), view(learned()), run, NOW)

    assert [cause.run_name for cause in status.handled_causes] == [
        *(f"run-{index}" for index in range(1, 100)),
        "newest",
    ]


def test_recipe_of_a_run_that_a_person_made_otherwise_is_not_the_pipelines() -> None:
    loop = view(learned())
    same = observed(queued("same", Cause.DEMAND))
    other = observed(queued("other", Cause.DEMAND))
    other = dataclasses.replace(other, spec=other.spec.model_copy(update={"seed": 7}))

    recipes = [admitted(learned(), loop, run, NOW).last_run for run in (same, other)]

    assert [last is not None and last.recipe_digest == recipe() for last in recipes] == [
        True,
        False,
    ]


def test_run_is_remembered_with_what_the_dataset_said_is_learned() -> None:
    counted = {"target": {"column": "late", "task": "Regression"}}
    run = observed(queued("newest", Cause.NEW_DATA))

    status = admitted(learned(), view(learned(), dataset=counted), run, NOW)

    assert status.last_run is not None
    assert status.last_run.target_digest == target(**counted)
    assert status.last_run.target_digest != target()


def test_run_that_a_person_applied_is_remembered_by_its_uid() -> None:
    run = observed(queued("by-hand", Cause.DEMAND))
    bare = type(run)(
        type(run.metadata)(name="by-hand", namespace="ml", uid="uid-1"), run.spec, run.status
    )

    [cause] = admitted(ModelPipelineStatus(), view(), bare, NOW).handled_causes

    assert (cause.cause, cause.fingerprint, cause.run_name) == (Cause.DEMAND, "uid-1", "by-hand")


@pytest.mark.parametrize(
    ("uid", "is_in_flight"),
    [(None, True), ("uid-trainingrun-run-2", True), ("uid of the one before", False)],
)
def test_namesake_of_the_run_in_flight_is_another_run(uid: str | None, is_in_flight: bool) -> None:
    known = IN_FLIGHT.model_copy(update={"last_run": last_run(name="run-2", uid=uid)})

    status = remembered(view(known, runs=[queued("run-2", Cause.NEW_DATA)]))

    assert status.active_run_name == ("run-2" if is_in_flight else None)
