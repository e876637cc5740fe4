"""When the champion's recipe stands in for a winner that was refused."""

from typing import Any

import numpy as np
import pytest
from tests.unit.trainer.recipes import recipe_of
from tests.unit.trainer.trainings import BOOSTING, Train, candidate, columns_of

from tidewheel_contracts.api.v1alpha1.common import Candidate
from tidewheel_contracts.api.v1alpha1.ensembles import Calibration, Ensemble
from tidewheel_contracts.api.v1alpha1.run_result import Verdict
from tidewheel_contracts.artifact.model import ModelManifest, Recipe
from tidewheel_trainer.train.ensemble_recipes import ensemble_recipe
from tidewheel_trainer.train.incumbent import incumbent_recipe

FOREST = "sklearn.ensemble.RandomForestClassifier"
SPACE = [
    {"parameter": "learning_rate", "number": {"low": "0.01", "high": "0.3"}},
    {"parameter": "max_leaf_nodes", "integer": {"low": 7, "high": 31}},
    {"parameter": "max_depth", "choice": {"values": [4, None]}},
]
DRAWN = {"learning_rate": 0.05, "max_leaf_nodes": 15, "max_depth": None}


def recipe(estimator: str, **parameters: Any) -> Recipe:
    return recipe_of(estimator, parameters, numeric=("wind",), categorical=())


def champion(estimator: str, **parameters: Any) -> ModelManifest:
    made = recipe(estimator, **parameters)
    return ModelManifest.model_construct(recipe=made.model_copy(update={"candidate": "old"}))


def searched(space: list[dict[str, Any]], **parameters: Any) -> Candidate:
    return Candidate.model_validate(
        {"name": "boosting", "estimator": BOOSTING, "parameters": parameters, "space": space}
    )


def test_champion_that_a_draw_could_have_been_stands_in_under_the_name_it_has_now() -> None:
    known = champion(BOOSTING, max_iter=20, **DRAWN)

    found = incumbent_recipe([searched(SPACE, max_iter=20)], known, recipe(FOREST))

    assert found == known.recipe.model_copy(update={"candidate": "boosting"})


def test_champion_without_a_space_stands_in_when_its_candidate_is_the_same() -> None:
    known = champion(FOREST, n_estimators=10)
    forest = Candidate(name="forest", estimator=FOREST, parameters={"n_estimators": 10})

    found = incumbent_recipe([forest], known, recipe(BOOSTING))

    assert found == known.recipe.model_copy(update={"candidate": "forest"})


@pytest.mark.parametrize(
    "drawn",
    [
        pytest.param({"learning_rate": 0.5}, id="a number beyond the range"),
        pytest.param({"learning_rate": True}, id="no number"),
        pytest.param({"max_leaf_nodes": 63}, id="a whole number beyond the range"),
        pytest.param({"max_leaf_nodes": 15.0}, id="no whole number"),
        pytest.param({"max_depth": 5}, id="a value that is not listed"),
        pytest.param({"max_iter": 30}, id="another value of what is fixed"),
        pytest.param({"l2_regularization": 1.0}, id="a parameter that is no longer given"),
    ],
)
def test_champion_that_no_draw_could_be_stays_away(drawn: dict[str, Any]) -> None:
    # As a manifest holds them: nothing is checked on the way back.
    known = champion(BOOSTING, max_iter=20, **DRAWN)
    kept = known.recipe.model_copy(update={"parameters": known.recipe.parameters | drawn})
    manifest = ModelManifest.model_construct(recipe=kept)

    assert incumbent_recipe([searched(SPACE, max_iter=20)], manifest, recipe(FOREST)) is None


def test_champion_of_an_estimator_that_is_no_candidate_stays_away() -> None:
    assert incumbent_recipe([searched(SPACE)], champion(FOREST), recipe(BOOSTING)) is None


def test_champion_of_other_columns_stays_away() -> None:
    known = champion(BOOSTING, **DRAWN)
    other = known.recipe.model_copy(update={"numeric": ("wind", "hour")})
    manifest = ModelManifest.model_construct(recipe=other)

    assert incumbent_recipe([searched(SPACE)], manifest, recipe(FOREST)) is None


def test_refused_recipe_that_is_the_champions_has_no_second_choice() -> None:
    known = champion(BOOSTING, **DRAWN)

    assert incumbent_recipe([searched(SPACE)], known, recipe(BOOSTING, **DRAWN)) is None


def test_first_run_has_no_second_choice() -> None:
    assert incumbent_recipe([searched(SPACE)], None, recipe(FOREST)) is None


_CALIBRATED = Calibration(folds=3)


@pytest.mark.parametrize(("asked", "stands_in"), [(_CALIBRATED, True), (None, False)])
def test_champion_stands_in_only_where_its_candidate_is_calibrated_alike(
    asked: Calibration | None, stands_in: bool
) -> None:
    known = champion(FOREST).recipe.model_copy(update={"calibration": _CALIBRATED})
    forest = Candidate(name="forest", estimator=FOREST, calibration=asked)

    manifest = ModelManifest.model_construct(recipe=known)
    found = incumbent_recipe([forest], manifest, recipe(BOOSTING))

    assert (found is not None) == stands_in


def ensemble_of_two(**weights: str) -> Ensemble:
    members = [{"candidate": "boosting"} | weights, {"candidate": "forest"}]
    return Ensemble.model_validate({"name": "both", "kind": "Voting", "members": members})


@pytest.mark.parametrize(
    ("drawn", "weights", "stands_in"),
    [
        pytest.param(DRAWN, {}, True, id="drawn alike"),
        pytest.param(DRAWN | {"learning_rate": 0.5}, {}, False, id="a member beyond its space"),
        pytest.param(DRAWN, {"weight": "2"}, False, id="other weights"),
    ],
)
def test_champion_that_is_an_ensemble_stands_in_where_its_members_could_be_drawn(
    drawn: dict[str, Any], weights: dict[str, str], stands_in: bool
) -> None:
    alone = {
        name: recipe(estimator, **given).model_copy(update={"candidate": name})
        for name, estimator, given in (("boosting", BOOSTING, drawn), ("forest", FOREST, {}))
    }
    known = ensemble_recipe(ensemble_of_two(**weights), alone)
    candidates = [searched(SPACE), Candidate(name="forest", estimator=FOREST)]

    manifest = ModelManifest.model_construct(recipe=known)
    found = incumbent_recipe(candidates, manifest, recipe(BOOSTING), [ensemble_of_two()])

    assert found == (known if stands_in else None)


def spoiled_at_the_end(columns: dict[str, Any], healthy_days: int) -> dict[str, Any]:
    """Return columns with the labels of the last days flipped: there the worst model is best."""
    rows = np.arange(len(columns["late"]))
    return columns | {"late": columns["late"] ^ (rows >= healthy_days * 150)}


def test_winner_of_a_spoiled_choice_is_refused_and_the_champions_recipe_learns_the_new_rows(
    snapshot: Any, trained: Train
) -> None:
    old = spoiled_at_the_end(columns_of(0, 20), 16)
    first = trained(snapshot(old))
    candidates = (candidate("stump", max_iter=1, max_depth=1), candidate())

    result = trained(snapshot(old, columns_of(20, 12)), "uid-2", first, candidates)

    assert (result.verdict, result.verdict_reason, result.candidate, result.training_rows) == (
        Verdict.UNTESTED,
        "SameRecipe",
        "boosting",
        32 * 150,
    )
    assert "; it is the champion's recipe, because 'stump' was refused before: " in result.message
    assert result.artifact is not None


def test_run_that_no_longer_has_the_champions_recipe_stays_refused(
    snapshot: Any, trained: Train
) -> None:
    old = columns_of(0, 20)
    first = trained(snapshot(old))
    worse = (
        candidate("stump", max_iter=1, max_depth=1),
        candidate("twig", max_iter=1, max_depth=2),
    )

    result = trained(snapshot(old, columns_of(20, 12)), "uid-2", first, worse)

    assert (result.verdict, result.verdict_reason) == (Verdict.REFUSED, "WorseThanChampion")
