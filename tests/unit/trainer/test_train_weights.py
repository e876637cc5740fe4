"""Training with weights: every fit heeds them, no measure does, a champion keeps its own."""

from typing import Any

import numpy as np
import pytest
from tests.unit.trainer.trainings import FOLDER, Train, candidate, columns_of, values_of

from tidewheel_contracts.api.v1alpha1.features import Weights
from tidewheel_contracts.api.v1alpha1.run_result import ComparedWith, Verdict
from tidewheel_contracts.artifact.model import ModelManifest
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.train import concluding, pipelines

_WEIGHED = {"column": "importance"}
_TWO = (candidate(), candidate("stump", max_depth=1))


def _rows(first_day: int, days: int) -> dict[str, Any]:
    columns = columns_of(first_day, days)
    importance = np.random.default_rng(3).integers(0, 4, len(columns["late"]))
    return columns | {"importance": importance}


def _manifest(store: Any, uid: str = "uid-1") -> ModelManifest:
    return ModelManifest.model_validate_json(store.objects[f"{FOLDER}/{uid}/manifest.json"])


@pytest.fixture
def weighed(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Return a list that fills with candidate and rows of every fit, all of which are weighed."""
    fits: list[tuple[str, int]] = []

    def noted(recipe: Any, frame: Any, labels: Any) -> Any:
        rows = weighed_rows(recipe, frame, labels)
        assert rows.weights is not None
        assert rows.weights.tolist() == [each for each in frame["importance"] if each > 0]
        fits.append((recipe.candidate, len(frame)))
        return rows

    weighed_rows = pipelines.weighed_rows
    monkeypatch.setattr(pipelines, "weighed_rows", noted)
    return fits


@pytest.fixture
def tested_rows(monkeypatch: pytest.MonkeyPatch) -> list[np.ndarray]:
    """Return a list that fills with the test rows of every run."""
    noted: list[np.ndarray] = []

    def note(run: Any, material: Any, split: Any, recipe: Any, validations: Any) -> Any:
        noted.append(split.test)
        return tested(run, material, split, recipe, validations)

    tested = concluding.tested
    monkeypatch.setattr(concluding, "tested", note)
    return noted


def test_every_fit_is_weighed_and_the_weight_is_no_feature(
    store: Any, snapshot: Any, trained: Train, weighed: list[tuple[str, int]]
) -> None:
    result = trained(snapshot(_rows(0, 20)), candidates=_TWO, weights=_WEIGHED)
    assert result.verdict is Verdict.PASSED
    manifest = _manifest(store)
    assert [each.name for each in manifest.inputs] == ["wind", "hour", "carrier"]
    assert manifest.recipe.weights == Weights(column="importance")
    # Two candidates on what is before the validation rows, the better one tested, and the refit.
    assert weighed == [
        ("boosting", 1500),
        ("stump", 1500),
        ("boosting", 1950),
        ("boosting", 3000),
    ]


def test_the_measures_of_the_test_do_not_weigh_rows(
    store: Any, snapshot: Any, trained: Train
) -> None:
    rows = _rows(0, 20)
    test = np.arange(3000) >= 2400
    plain = trained(snapshot(rows), "plain", weights=_WEIGHED)
    doubled = rows | {"importance": np.where(test, 7, rows["importance"])}
    other = trained(snapshot(doubled), "other", weights=_WEIGHED)
    assert values_of(plain, "Candidate") == values_of(other, "Candidate")


def test_trials_of_a_search_are_weighed(
    snapshot: Any, trained: Train, weighed: list[tuple[str, int]]
) -> None:
    tried = candidate("one") | {"space": [{"parameter": "max_depth", "choice": {"values": [1, 3]}}]}
    trained(
        snapshot(_rows(0, 20)), candidates=(tried,), weights=_WEIGHED, search={"method": "Grid"}
    )
    assert weighed == [("one", 1500), ("one", 1500), ("one", 1950), ("one", 3000)]


def test_the_champions_recipe_is_fitted_with_its_weights(
    snapshot: Any, trained: Train, weighed: list[tuple[str, int]]
) -> None:
    first = snapshot(_rows(0, 20))
    champion = trained(first, "uid-1", weights=_WEIGHED)
    weighed.clear()
    other = candidate("deeper", max_depth=2)
    result = trained(first, "uid-2", champion, candidates=(other,), weights=_WEIGHED)
    assert result.compared_with is ComparedWith.RECIPE
    assert weighed == [("deeper", 1500), ("boosting", 1500), ("deeper", 3000)]


def test_other_weights_are_another_recipe(snapshot: Any, trained: Train) -> None:
    first = snapshot(_rows(0, 20))
    champion = trained(first, "uid-1", weights=_WEIGHED)
    result = trained(first, "uid-2", champion, weights=_WEIGHED | {"classes": "Balanced"})
    assert result.compared_with is ComparedWith.RECIPE
    assert values_of(result, "Champion") != values_of(result, "Candidate")


def test_a_champions_weight_that_is_gone_is_named(snapshot: Any, trained: Train) -> None:
    champion = trained(snapshot(_rows(0, 20)), "uid-1", weights=_WEIGHED)
    with pytest.raises(TrainerError) as caught:
        trained(snapshot(columns_of(0, 20)), "uid-2", champion)
    assert (caught.value.reason, caught.value.message) == (
        FailureReason.COLUMN_MISSING,
        "the champion weighs rows by column 'importance', which the snapshot lacks; a model of "
        "other data needs another model name",
    )


def test_rows_without_times_are_split_by_their_features_alone(
    snapshot: Any, trained: Train, tested_rows: list[Any]
) -> None:
    rows = _rows(0, 40)
    del rows["day"]
    for uid, weight in (("plain", 1), ("other", 2)):
        weighed = rows | {"importance": np.full(len(rows["late"]), weight)}
        trained(snapshot(weighed, time=None), uid, time=None, weights=_WEIGHED)
    assert 1000 < np.count_nonzero(tested_rows[0]) < 1400
    assert np.array_equal(tested_rows[0], tested_rows[1])
