"""A change of recipe from a run's spec to its verdict, and what is trained when it is refused."""

import json
from dataclasses import replace
from typing import Any

import pytest
from tests.unit.trainer.trainings import FOLDER, Train, candidate, columns_of

from tidewheel_contracts.api.v1alpha1.gate_result import GateTestResult
from tidewheel_contracts.api.v1alpha1.run_result import ComparedWith, RunResult, Verdict
from tidewheel_contracts.artifact.model import ModelManifest
from tidewheel_trainer.surroundings import Surroundings

DUMMY = "sklearn.dummy.DummyClassifier"
FOREST = "sklearn.ensemble.RandomForestClassifier"


def forest(name: str = "forest", **given: Any) -> dict[str, Any]:
    return candidate(name, FOREST, **({"n_estimators": 10, "min_samples_leaf": 20} | given))


def known(name: str = "known") -> dict[str, Any]:
    return candidate(name, DUMMY)


def recipe_test(result: RunResult) -> tuple[GateTestResult, str] | None:
    return next(((one.result, one.message) for one in result.gate if one.name == "recipe"), None)


def test_another_estimator_that_is_better_in_both_windows_passes(
    store: Any, snapshot: Any, trained: Train
) -> None:
    first = trained(snapshot(columns_of(0, 60)), candidates=(known(),))
    result = trained(snapshot(columns_of(0, 60), columns_of(60, 20)), "uid-2", first)
    assert (result.verdict, result.verdict_reason, result.compared_with) == (
        Verdict.PASSED,
        "RecipeProven",
        ComparedWith.MODEL,
    )
    assert "; with another estimator the difference is at least +0." in result.message
    assert "; in the window before 0." in result.message
    document = json.loads(store.objects[f"{FOLDER}/uid-2/metrics.json"])
    found = next(each for each in document["gate"]["tests"] if each["name"] == "recipe")
    assert found["result"] == "Passed"
    assert sorted(found["numbers"]) == [
        "difference",
        "difference_before",
        "standard_error",
        "standard_error_before",
    ]
    report = store.objects[f"{FOLDER}/uid-2/report.html"].decode()
    assert "Is a changed recipe better, in two windows in a row?" in report


def test_another_estimator_that_is_only_not_worse_is_refused(snapshot: Any, trained: Train) -> None:
    first = trained(snapshot(columns_of(0, 60)))
    grown = snapshot(columns_of(0, 60), columns_of(60, 60))
    result = trained(grown, "uid-2", first, (forest(n_estimators=40),))
    assert (result.verdict, result.verdict_reason) == (Verdict.REFUSED, "RecipeUnproven")
    answer = recipe_test(result)
    assert answer is not None
    assert answer[0] is GateTestResult.FAILED


def test_a_person_can_ask_that_another_estimator_is_not_worse(
    snapshot: Any, trained: Train
) -> None:
    first = trained(snapshot(columns_of(0, 60)))
    grown = snapshot(columns_of(0, 60), columns_of(60, 60))
    gate = {"changedRecipe": "NotWorse"}
    result = trained(grown, "uid-2", first, (forest(n_estimators=40),), gate=gate)
    assert (result.verdict, result.verdict_reason) == (Verdict.PASSED, "NotWorse")
    assert recipe_test(result) is None


def test_other_parameters_are_no_change_of_recipe(snapshot: Any, trained: Train) -> None:
    first = trained(snapshot(columns_of(0, 60)))
    grown = snapshot(columns_of(0, 60), columns_of(60, 60))
    result = trained(grown, "uid-2", first, (candidate(max_iter=12),))
    assert (result.verdict, result.verdict_reason) == (Verdict.PASSED, "NotWorse")
    assert recipe_test(result) is None


def test_a_second_window_of_too_few_days_proves_nothing(snapshot: Any, trained: Train) -> None:
    old = columns_of(0, 12, rows_per_day=300)
    first = trained(snapshot(old), candidates=(known(),))
    result = trained(snapshot(old, columns_of(12, 20)), "uid-2", first)
    assert (result.verdict, result.verdict_reason) == (Verdict.REFUSED, "RecipeUnproven")
    answer = recipe_test(result)
    assert answer is not None
    assert answer[0] is GateTestResult.INCONCLUSIVE
    assert (
        "; in the window before it could not be compared: the test rows are 1,800 " in (answer[1])
    )


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({"time": None}, id="a hash of the features"),
        pytest.param({"split": {"hash": {"columns": ["trip"]}}}, id="a hash of a key"),
        pytest.param({"split": {"column": {"name": "part"}}}, id="marked rows"),
    ],
)
def test_rows_that_choose_are_the_second_window_where_no_time_tells_one(
    given: dict[str, Any], snapshot: Any, trained: Train
) -> None:
    columns = columns_of(0, 90)
    rows = len(columns["late"])
    parts = ["train", "train", "train", "validation", "test"]
    columns |= {
        "trip": [f"t{place}" for place in range(rows)],
        "part": [parts[place % 5] for place in range(rows)],
    }
    data = snapshot(columns, **({"time": None} if "time" in given else {}))
    features = {"numeric": ["wind", "hour"], "categorical": ["carrier"]}
    first = trained(data, candidates=(known(),), features=features, **given)
    result = trained(data, "uid-2", first, features=features, **given)
    assert (result.verdict, result.verdict_reason, result.compared_with) == (
        Verdict.PASSED,
        "RecipeProven",
        ComparedWith.RECIPE,
    )


def with_gust(columns: dict[str, Any]) -> dict[str, Any]:
    return columns | {"gust": columns["hour"] % 7}


def test_a_column_that_came_since_and_proves_nothing_leaves_the_champions_columns(
    store: Any, snapshot: Any, trained: Train
) -> None:
    first = trained(snapshot(columns_of(0, 40)))
    grown = snapshot(with_gust(columns_of(0, 40)), with_gust(columns_of(40, 20)))
    result = trained(grown, "uid-2", first)
    assert (result.verdict, result.verdict_reason, result.training_rows) == (
        Verdict.UNTESTED,
        "SameRecipe",
        60 * 150,
    )
    assert "'boosting' was refused before: " in result.message
    assert "; with other columns the difference is " in result.message
    assert [column.name for column in result.input_columns] == ["wind", "hour", "carrier"]
    manifest = ModelManifest.model_validate_json(store.objects[f"{FOLDER}/uid-2/manifest.json"])
    assert [column.name for column in manifest.inputs] == ["wind", "hour", "carrier"]
    assert manifest.recipe.features == ("wind", "hour", "carrier")


@pytest.fixture
def ticks() -> list[float]:
    """Return a list of what the clock will say next; with nothing in it the clock stands."""
    return []


@pytest.fixture
def surroundings(surroundings: Surroundings, ticks: list[float]) -> Surroundings:
    return replace(surroundings, seconds=lambda: ticks.pop(0) if ticks else 0.0)


def test_a_model_that_is_too_large_gives_way_to_the_champions_recipe(
    store: Any, snapshot: Any, trained: Train
) -> None:
    first = trained(snapshot(columns_of(0, 60)))
    grown = snapshot(columns_of(0, 60), columns_of(60, 30))
    limit = {"limits": {"modelBytes": 100_000}}
    larger = (candidate("larger", max_iter=60, learning_rate=0.02), candidate())
    alone = trained(grown, "uid-2", first, larger[:1], gate=limit)
    assert (alone.verdict, alone.verdict_reason) == (Verdict.REFUSED, "LimitExceeded")

    result = trained(grown, "uid-3", first, larger, gate=limit)

    assert (result.verdict, result.verdict_reason, result.candidate, result.training_rows) == (
        Verdict.UNTESTED,
        "SameRecipe",
        "boosting",
        90 * 150,
    )
    assert "'larger' was refused before: limit modelBytes: " in result.message
    assert result.message.endswith(", at most 100,000 is asked")


def test_a_fit_that_takes_too_long_gives_way_without_a_measured_time_in_the_models_files(
    store: Any, snapshot: Any, trained: Train, ticks: list[float]
) -> None:
    first = trained(snapshot(columns_of(0, 60)))
    grown = snapshot(columns_of(0, 60), columns_of(60, 30))
    limit = {"limits": {"trainingSeconds": 5}}
    both = (candidate("larger", max_iter=60, learning_rate=0.02), candidate())
    # The run begins, the first refit takes 7.25 seconds and the second one 3.
    ticks.extend([0.0, 10.0, 17.25, 20.0, 23.0])

    result = trained(grown, "uid-2", first, both, gate=limit)

    assert (result.verdict, result.candidate) == (Verdict.UNTESTED, "boosting")
    assert result.message.endswith(
        "'larger' was refused before: limit trainingSeconds: at most 5 is asked"
    )
    files = [store.objects[key] for key in store.objects if key.startswith(f"{FOLDER}/uid-2/")]
    assert not any(b"7.25" in data for data in files)


def test_a_model_beyond_a_limit_stays_refused_where_the_champions_recipe_is_beyond_it_too(
    snapshot: Any, trained: Train
) -> None:
    first = trained(snapshot(columns_of(0, 60)))
    grown = snapshot(columns_of(0, 60), columns_of(60, 30))
    both = (candidate("larger", max_iter=60, learning_rate=0.02), candidate())

    result = trained(grown, "uid-2", first, both, gate={"limits": {"modelBytes": 1000}})

    assert (result.verdict, result.verdict_reason, result.candidate, result.artifact) == (
        Verdict.REFUSED,
        "LimitExceeded",
        "larger",
        None,
    )
