"""A run that would learn the same rows, target and recipe as the last one is not opened."""

from typing import Any

import pytest
from tests.builders import CANDIDATE, NOW
from tests.unit.operator.policies.growing import fingerprint, grown
from tests.unit.operator.policies.loops import FIRST, last_run, learned, recipe, view

from tidewheel_contracts.api.v1alpha1.model_pipeline import ModelPipelineStatus, Reason
from tidewheel_contracts.api.v1alpha1.run_status import Cause
from tidewheel_operator.manifests.names import digest_of
from tidewheel_operator.policies.triggers import Hold, Opening, is_superfluous, judge_data


def test_recipe_is_part_of_what_a_run_answers() -> None:
    changed = view(learned(), FIRST, training={"candidates": [_other_candidate()]})

    # No rows are new, so the changed recipe alone opens no run; the next growth uses it.
    assert judge_data(changed, NOW) == Hold(
        Reason.BELOW_GROWTH, "labelled rows grew by 0 %, the limit is 40 %"
    )


def _other_candidate() -> dict[str, str]:
    return {"name": "linear", "estimator": "sklearn.linear_model.LogisticRegression"}


@pytest.mark.parametrize(
    ("spec", "is_same"),
    [
        pytest.param({"training": {"candidates": [_other_candidate()]}}, False, id="candidates"),
        pytest.param({"dataset_name": "other"}, False, id="the Dataset"),
        pytest.param({"model_name": "other"}, False, id="the model"),
        pytest.param(
            {"training": {"candidates": [CANDIDATE], "card": {"purpose": "to warn"}}},
            True,
            id="words of the card",
        ),
        pytest.param({"limits": {"runs_per_day": 1}, "suspend": True}, True, id="limits"),
    ],
)
def test_recipe_changes_with(spec: dict[str, Any], is_same: bool) -> None:
    assert (recipe(**spec) == recipe()) is is_same


@pytest.mark.parametrize(
    ("status", "snapshot", "cause", "expected"),
    [
        pytest.param(learned(), FIRST, Cause.ALERT, True, id="the same rows and recipe"),
        pytest.param(learned(), FIRST, Cause.NEW_DATA, True, id="the same for new data"),
        pytest.param(learned(), FIRST, Cause.DEMAND, False, id="a person is never asked"),
        pytest.param(learned(), grown(1001), Cause.ALERT, False, id="one new row"),
        pytest.param(learned(), None, Cause.ALERT, False, id="the snapshot is not known"),
        pytest.param(ModelPipelineStatus(), FIRST, Cause.ALERT, False, id="nothing was learned"),
        pytest.param(
            learned(active_run_name="run-1"), FIRST, Cause.ALERT, False, id="a run is in flight"
        ),
        pytest.param(
            learned(last_run=last_run(recipe_digest=digest_of("other"))),
            FIRST,
            Cause.ALERT,
            False,
            id="another recipe",
        ),
    ],
)
def test_queued_run_is_superfluous(
    status: ModelPipelineStatus, snapshot: Any, cause: Cause, expected: bool
) -> None:
    given = view(status, snapshot)
    assert is_superfluous(given.pipeline, given.dataset, cause) is expected


REGRESSION = {"target": {"column": "late", "task": "Regression"}}


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param(REGRESSION, id="task"),
        pytest.param({"target": {"column": "later"}}, id="target"),
        pytest.param({"time": {"column": "arrival"}}, id="time"),
        pytest.param({"split": {"hash": {"columns": ["trip"]}}}, id="split"),
    ],
)
def test_failed_run_is_tried_anew_once_the_dataset_says_otherwise_what_is_learned(
    changed: dict[str, Any],
) -> None:
    status = learned(last_run=last_run(verdict=None), rows_at_last_run=0)
    given = view(status, versions=(), dataset=changed)

    verdict = judge_data(given, NOW)

    assert isinstance(verdict, Opening)
    assert verdict.cause == Cause.INITIAL
    assert verdict.fingerprint != fingerprint(FIRST)
    assert not is_superfluous(given.pipeline, given.dataset, Cause.INITIAL)


def test_another_target_of_a_model_that_serves_opens_nothing_before_rows_are_new() -> None:
    given = view(learned(), dataset={"split": {"hash": {"columns": ["trip"]}}})

    assert judge_data(given, NOW) == Hold(
        Reason.BELOW_GROWTH, "labelled rows grew by 0 %, the limit is 40 %"
    )


def test_other_cleaning_steps_open_nothing_before_they_made_another_snapshot() -> None:
    status = learned(last_run=last_run(verdict=None))
    given = view(status, versions=(), dataset={"steps": [{"dropDuplicates": {}}]})

    assert isinstance(judge_data(given, NOW), Hold)


def test_memory_of_an_earlier_release_opens_nothing_by_itself() -> None:
    status = learned(last_run=last_run(verdict=None, target_digest=None))
    given = view(status, versions=(), dataset=REGRESSION)

    assert isinstance(judge_data(given, NOW), Hold)


def test_defaults_that_are_written_out_are_no_other_recipe() -> None:
    candidates = [{"name": "linear", "estimator": "sklearn.linear_model.LogisticRegression"}]
    written = {"candidates": candidates, "gate": {"changedRecipe": "Better"}, "seed": 0}

    assert recipe(training=written) == recipe(training={"candidates": candidates})
