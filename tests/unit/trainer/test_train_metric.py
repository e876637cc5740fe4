"""A metric that cannot be computed leaves a candidate out, or ends the run with its own reason."""

import json
from typing import Any

import pytest
from tests.unit.trainer.trainings import FOLDER, Train, candidate, columns_of

from tidewheel_contracts.artifact.model import Recipe
from tidewheel_contracts.job import ExitCode, FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.train import choosing, meeting
from tidewheel_trainer.train.scoring import score

TREE = "sklearn.tree.DecisionTreeClassifier"
FIRST, SECOND = candidate("first", TREE, max_depth=3), candidate("second", TREE, max_depth=1)
WHY = "`roc_auc` cannot be computed"


def unavailable(*_: Any) -> float:
    raise TrainerError(FailureReason.METRIC_UNAVAILABLE, WHY)


def test_a_candidate_without_a_score_is_not_chosen_and_says_why(
    store: Any, snapshot: Any, trained: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    def of_the_second(model: Any, recipe: Recipe, *others: Any) -> float:
        return score(model, recipe, *others) if recipe.candidate == "second" else unavailable()

    monkeypatch.setattr(choosing, "score", of_the_second)
    result = trained(snapshot(columns_of(0, 20)), candidates=(FIRST, SECOND))

    assert result.candidate == "second"
    [first, second] = json.loads(store.objects[f"{FOLDER}/uid-1/metrics.json"])["validation"]
    assert first == {"candidate": "first", "score": None, "note": WHY}
    assert 0.5 < second["score"] < 1


def test_a_run_without_any_score_ends_with_the_reason(
    snapshot: Any, trained: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choosing, "score", unavailable)

    with pytest.raises(TrainerError) as caught:
        trained(snapshot(columns_of(0, 20)), candidates=(FIRST, SECOND))

    assert (caught.value.reason, caught.value.message, caught.value.exit_code) == (
        FailureReason.METRIC_UNAVAILABLE,
        WHY,
        ExitCode.USER_ERROR,
    )


def test_a_winner_that_cannot_be_measured_on_the_test_rows_ends_the_run(
    snapshot: Any, trained: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(meeting, "finite_value", unavailable)

    with pytest.raises(TrainerError) as caught:
        trained(snapshot(columns_of(0, 20)))

    assert caught.value.reason is FailureReason.METRIC_UNAVAILABLE
