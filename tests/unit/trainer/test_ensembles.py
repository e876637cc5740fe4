"""Fits of several candidates that answer together."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression, Ridge
from tests.unit.trainer.recipes import recipe_of

from tidewheel_contracts.api.v1alpha1.ensembles import Ensemble
from tidewheel_contracts.api.v1alpha1.features import Weights
from tidewheel_contracts.artifact.model import Recipe
from tidewheel_trainer.run_report.importance import slowness
from tidewheel_trainer.times import DAY
from tidewheel_trainer.train.ensemble_recipes import ensemble_recipe
from tidewheel_trainer.train.inner_folds import Groups
from tidewheel_trainer.train.pipelines import answers, fitted

_ROWS = 1200
_DICE = np.random.default_rng(4)
_DAYS = np.repeat(np.arange(12), 100)
_GROUPS = Groups(_DAYS * DAY, are_times=True)
_FRAME = pd.DataFrame(
    {
        "wind": _DICE.normal(size=_ROWS),
        "carrier": pd.Series(_DICE.choice(["AA", "B6"], _ROWS), dtype=object),
        "importance": _DICE.integers(0, 3, _ROWS).astype(np.float64),
    }
)
_NUMBER = _FRAME["wind"].to_numpy() + _DICE.normal(size=_ROWS)
_LABELS = {
    "two": np.where(_NUMBER > 0, "yes", "no"),
    "three": np.digitize(_NUMBER, [-1, 1]),
    "number": _NUMBER,
}
_CLASSIFIERS = ("sklearn.linear_model.LogisticRegression", "sklearn.tree.DecisionTreeClassifier")
_REGRESSORS = ("sklearn.linear_model.Ridge", "sklearn.tree.DecisionTreeRegressor")


def _alone(kind: str) -> dict[str, Recipe]:
    names = _REGRESSORS if kind == "number" else _CLASSIFIERS
    given: list[dict[str, Any]] = [{}, {"max_depth": 3}]
    recipes = [
        recipe_of(name, parameters, numeric=("wind",), categorical=("carrier",))
        for name, parameters in zip(names, given, strict=True)
    ]
    return {
        name: recipe.model_copy(update={"candidate": name})
        for name, recipe in zip(("linear", "tree"), recipes, strict=True)
    }


def _together(labels: str, /, **fields: Any) -> Recipe:
    members = fields.pop("members", [{"candidate": "linear"}, {"candidate": "tree"}])
    ensemble = Ensemble.model_validate({"name": "both", "members": members} | fields)
    return ensemble_recipe(ensemble, _alone(labels))


def _answers(recipe: Recipe, kind: str, learned: Any = slice(None)) -> np.ndarray:
    labels = _LABELS[kind]
    values = np.empty(0) if kind == "number" else np.unique(labels)
    groups = _GROUPS.of(learned)
    model = fitted(recipe, _FRAME[learned], labels[learned], groups)
    return answers(model, recipe, _FRAME, values)


@pytest.mark.parametrize("kind", list(_LABELS))
def test_a_vote_is_the_weighed_mean_of_its_members(kind: str) -> None:
    members = [{"candidate": "linear", "weight": "3"}, {"candidate": "tree"}]
    found = _answers(_together(kind, kind="Voting", members=members), kind)
    linear, tree = (_answers(recipe, kind) for recipe in _alone(kind).values())
    assert found == pytest.approx((3 * linear + tree) / 4)


@pytest.mark.parametrize("kind", list(_LABELS))
def test_a_stack_learns_from_answers_to_days_after_those_that_members_learned(kind: str) -> None:
    found = _answers(_together(kind, kind="Stacking", folds=2), kind)
    labels, recipes = _LABELS[kind], _alone(kind).values()
    rows, truth = [], []
    for last, judged in ((3, (_DAYS > 3) & (_DAYS <= 7)), (7, _DAYS > 7)):
        given = [_answers(each, kind, last >= _DAYS)[judged] for each in recipes]
        rows.append(_table(given))
        truth.append(labels[judged])
    final = Ridge(random_state=7) if kind == "number" else LogisticRegression(max_iter=1000)
    final.fit(np.vstack(rows), np.concatenate(truth))
    whole = _table([_answers(each, kind) for each in recipes])
    expected = final.predict(whole) if kind == "number" else final.predict_proba(whole)
    assert found == pytest.approx(expected)


def _table(given: list[np.ndarray]) -> np.ndarray:
    """Return a column for each class, but one for two classes or a number."""
    return np.column_stack(
        [each[:, 1] if each.ndim > 1 and each.shape[1] == 2 else each for each in given]
    )


@pytest.mark.parametrize("kind", ["Voting", "Stacking"])
def test_weights_reach_members_and_the_final_estimator(kind: str) -> None:
    recipe = _together("two", kind=kind)
    weighed = recipe.model_copy(update={"weights": Weights(column="importance")})
    heavy = _FRAME["importance"].to_numpy() > 0
    found = _answers(weighed, "two")
    assert np.array_equal(found, _answers(weighed, "two", heavy))
    assert not np.allclose(found, _answers(recipe, "two"))


def test_an_ensemble_is_as_slow_as_its_members_together() -> None:
    forest = recipe_of(
        "sklearn.ensemble.RandomForestClassifier",
        {"n_estimators": 50},
        numeric=("wind",),
        categorical=(),
    ).model_copy(update={"candidate": "tree"})
    ensemble = Ensemble.model_validate(
        {
            "name": "both",
            "kind": "Voting",
            "members": [{"candidate": "linear"}, {"candidate": "tree"}],
        }
    )
    recipe = ensemble_recipe(ensemble, _alone("two") | {"tree": forest})
    assert slowness(fitted(recipe, _FRAME, _LABELS["two"])) == 6.0
