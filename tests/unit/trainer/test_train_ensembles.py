"""Runs with calibrated candidates, and with ensembles that compete with their members."""

import json
from typing import Any

import pytest
from tests.unit.trainer.trainings import FOLDER, Train, candidate, columns_of

from tidewheel_contracts.api.v1alpha1.ensembles import Calibration, CalibrationMethod
from tidewheel_contracts.api.v1alpha1.run_result import ComparedWith, Verdict
from tidewheel_contracts.artifact.model import ModelManifest, Recipe
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError

_LINEAR = candidate("linear", "sklearn.linear_model.LogisticRegression")
_TREE = candidate("tree", "sklearn.tree.DecisionTreeClassifier", max_depth=4)
_NEAR = candidate("near", "sklearn.neighbors.KNeighborsClassifier", n_neighbors=9)
_MEMBERS = [{"candidate": "tree"}, {"candidate": "near"}]


def _recipe(store: Any, uid: str = "uid-1") -> Recipe:
    data = store.objects[f"{FOLDER}/{uid}/manifest.json"]
    return ModelManifest.model_validate_json(data).recipe


def _scores(store: Any, uid: str = "uid-1") -> dict[str, float]:
    metrics = json.loads(store.objects[f"{FOLDER}/{uid}/metrics.json"])
    return {each["candidate"]: each["score"] for each in metrics["validation"]}


def test_a_calibrated_candidate_is_published_and_another_recipe_than_without(
    store: Any, snapshot: Any, trained: Train
) -> None:
    data = snapshot(columns_of(0, 20))
    calibrated = _LINEAR | {"calibration": {"method": "Isotonic", "folds": 3}}
    first = trained(data, candidates=(calibrated,))
    assert first.verdict is Verdict.PASSED
    expected = Calibration(method=CalibrationMethod.ISOTONIC, folds=3)
    assert _recipe(store).calibration == expected
    assert "Isotonic of 3 folds" in store.objects[f"{FOLDER}/uid-1/report.html"].decode()
    plain = trained(data, "uid-2", first, candidates=(_LINEAR,))
    assert plain.compared_with is ComparedWith.RECIPE
    assert plain.verdict_reason != "SameRecipe"


def test_rows_without_times_are_calibrated_by_a_hash(
    store: Any, snapshot: Any, trained: Train
) -> None:
    columns = columns_of(0, 40)
    del columns["day"]
    calibrated = _LINEAR | {"calibration": {}}
    search = {"trials": 1, "folds": 3}
    result = trained(
        snapshot(columns, time=None), time=None, candidates=(calibrated,), search=search
    )
    assert result.verdict is Verdict.PASSED
    assert _recipe(store).calibration == Calibration()


def test_a_calibrated_regressor_ends_the_run(snapshot: Any, trained: Train) -> None:
    ridge = candidate("ridge", "sklearn.linear_model.Ridge") | {"calibration": {}}
    with pytest.raises(TrainerError) as caught:
        trained(snapshot(columns_of(0, 20)), candidates=(ridge,))
    assert caught.value.reason is FailureReason.PARAMETER_INVALID


@pytest.mark.parametrize("kind", ["Voting", "Stacking"])
def test_an_ensemble_competes_and_is_published_where_it_is_better_than_its_members(
    store: Any, snapshot: Any, trained: Train, kind: str
) -> None:
    ensemble = {"name": "both", "kind": kind, "members": _MEMBERS}
    data = snapshot(columns_of(0, 20))
    first = trained(data, candidates=(_TREE, _NEAR), ensembles=[ensemble])
    scores = _scores(store)
    assert list(scores) == ["tree", "near", "both"]
    assert (first.candidate, max(scores.values())) == ("both", scores["both"])
    recipe = _recipe(store)
    assert recipe.estimator == f"sklearn.ensemble.{kind}Classifier"
    assert recipe.ensemble is not None
    assert [each.candidate for each in recipe.ensemble.members] == ["tree", "near"]
    assert "tree, near" in store.objects[f"{FOLDER}/uid-1/report.html"].decode()
    again = trained(data, "uid-2", first, candidates=(_TREE, _NEAR), ensembles=[ensemble])
    assert (again.verdict, again.verdict_reason) == (Verdict.UNTESTED, "SameRecipe")
    assert again.artifact is not None
    assert first.artifact is not None
    assert again.artifact.digest == first.artifact.digest


def test_of_a_search_members_are_their_best_trials(
    store: Any, snapshot: Any, trained: Train
) -> None:
    depth = {"parameter": "max_depth", "choice": {"values": [1, 4]}}
    tree = candidate("tree", _TREE["estimator"]) | {"space": [depth]}
    ensemble = {"name": "both", "kind": "Voting", "members": _MEMBERS}
    search = {"method": "Grid", "trials": 3, "folds": 2}
    data = snapshot(columns_of(0, 20))
    result = trained(data, candidates=(tree, _NEAR), ensembles=[ensemble], search=search)
    metrics = json.loads(store.objects[f"{FOLDER}/uid-1/metrics.json"])["validation"]
    assert [each["candidate"] for each in metrics] == ["tree", "tree", "near", "both"]
    assert metrics[1]["score"] > metrics[0]["score"]
    assert result.candidate == "both"
    members = _recipe(store).ensemble
    assert members is not None
    assert members.members[0].parameters == {"max_depth": 4}


def test_an_ensemble_of_a_member_that_no_trial_could_fit_is_left_out(
    store: Any, snapshot: Any, trained: Train
) -> None:
    broken = candidate("tree", "sklearn.linear_model.LogisticRegression", l1_ratio=0.5)
    ensemble = {"name": "both", "kind": "Voting", "members": _MEMBERS}
    search = {"method": "Grid", "trials": 2}
    data = snapshot(columns_of(0, 20))
    result = trained(data, candidates=(broken, _NEAR), ensembles=[ensemble], search=search)
    assert result.candidate == "near"
    report = store.objects[f"{FOLDER}/uid-1/report.html"].decode()
    assert "no trial of its member" in report
