"""Training of more than two classes and of numbers: verdicts, and what is published."""

import json
import re
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from tests.unit.trainer.trainings import (
    FOLDER,
    REFUSED,
    Train,
    candidate,
    columns_of,
    files_of,
    values_of,
)
from tests.unit.trainer.web_pages import assert_harmless

from tidewheel_contracts.api.v1alpha1.gate import Task
from tidewheel_contracts.api.v1alpha1.run_result import ComparedWith, Verdict
from tidewheel_contracts.artifact.model import ModelManifest
from tidewheel_contracts.artifact.profile import Profile
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError

HISTOGRAM = "sklearn.ensemble.HistGradientBoostingRegressor"
_BOOSTED = candidate("boosting", HISTOGRAM, max_iter=10)
_STUMP = candidate("stump", HISTOGRAM, max_iter=1, max_depth=1)


def _graded(first_day: int, days: int) -> dict[str, Any]:
    """Return rows whose target is one of three words that depend on `wind`."""
    columns = columns_of(first_day, days)
    wind = np.nan_to_num(columns["wind"]) + np.random.default_rng(1).normal(size=days * 150) / 2
    words = np.array(["calm", "fresh", "storm"])
    return columns | {"late": words[np.digitize(wind, [-0.5, 0.5])]}


def _minutes(first_day: int, days: int) -> dict[str, Any]:
    """Return rows whose target is a number of minutes that depends on `wind` and `carrier`."""
    columns = columns_of(first_day, days)
    noise = np.random.default_rng(2).normal(size=days * 150)
    return columns | {
        "late": 30 + 20 * np.nan_to_num(columns["wind"]) + 10 * (columns["carrier"] == "B6") + noise
    }


def _manifest(store: Any, uid: str = "uid-1") -> ModelManifest:
    return ModelManifest.model_validate_json(store.objects[f"{FOLDER}/{uid}/manifest.json"])


def test_three_classes_are_learned_and_published(store: Any, snapshot: Any, trained: Train) -> None:
    result = trained(snapshot(_graded(0, 20)))
    assert (result.verdict, result.verdict_reason) == (Verdict.PASSED, "FirstModel")
    manifest = _manifest(store)
    assert (manifest.task, manifest.classes, manifest.classes_datatype) == (
        Task.CLASSIFICATION,
        ("calm", "fresh", "storm"),
        "BYTES",
    )
    assert [metric.name for metric in result.metrics] == [
        "roc_auc",
        "log_loss",
        "brier",
        "accuracy",
        "balanced_accuracy",
        "f1",
        "expected_calibration_error",
        "calibration_gap",
    ]
    profile = Profile.model_validate_json(store.objects[f"{FOLDER}/uid-1/profile.json"])
    assert [each.value for each in profile.prediction.classes] == ["calm", "fresh", "storm"]
    assert sum(each.share for each in profile.prediction.classes) == pytest.approx(1)
    assert (profile.prediction.mean, profile.prediction.edges) == (None, ())


def test_a_number_is_learned_and_published(store: Any, snapshot: Any, trained: Train) -> None:
    result = trained(snapshot(_minutes(0, 20)), candidates=(_BOOSTED,))
    assert (result.verdict, result.verdict_reason) == (Verdict.PASSED, "FirstModel")
    assert result.message.startswith("mean_absolute_error ")
    manifest = _manifest(store)
    assert (manifest.task, manifest.classes, manifest.classes_datatype) == (
        Task.REGRESSION,
        (),
        "FP64",
    )
    assert [metric.name for metric in result.metrics] == [
        "mean_absolute_error",
        "root_mean_squared_error",
        "r2",
        "median_absolute_error",
    ]
    prediction = Profile.model_validate_json(
        store.objects[f"{FOLDER}/uid-1/profile.json"]
    ).prediction
    assert (len(prediction.edges), len(prediction.shares), prediction.classes) == (11, 10, ())
    assert prediction.mean == pytest.approx(33, abs=3)


def test_the_candidate_with_the_smallest_error_is_tested(
    store: Any, snapshot: Any, trained: Train
) -> None:
    result = trained(snapshot(_minutes(0, 20)), candidates=(_STUMP, _BOOSTED))
    measured = json.loads(store.objects[f"{FOLDER}/uid-1/metrics.json"])
    scores = {each["candidate"]: each["score"] for each in measured["validation"]}
    assert scores["stump"] < scores["boosting"] < 0
    assert (measured["metric"], result.candidate) == ("mean_absolute_error", "boosting")


@pytest.mark.parametrize(
    ("rows_of", "candidates", "name"),
    [
        (_graded, (candidate(),), "roc_auc"),
        (_minutes, (_BOOSTED,), "mean_absolute_error"),
        (_minutes, (_BOOSTED,), "r2"),
    ],
)
def test_the_same_recipe_on_new_data_is_a_tie_of_any_task(
    snapshot: Any, trained: Train, rows_of: Any, candidates: Any, name: str
) -> None:
    metric = {"name": name}
    first = trained(snapshot(rows_of(0, 20)), candidates=candidates, metric=metric)
    grown = snapshot(rows_of(0, 20), rows_of(20, 30))
    second = trained(grown, "uid-2", first, candidates, metric=metric)
    assert (second.verdict, second.verdict_reason, second.compared_with) == (
        Verdict.UNTESTED,
        "SameRecipe",
        ComparedWith.MODEL,
    )
    assert "; no veto: on its last third, with the rest learned, " in second.message
    assert values_of(second, "Candidate")[f"{name}_difference"] == 0


@pytest.mark.parametrize("name", ["mean_absolute_error", "root_mean_squared_error", "r2"])
def test_a_worse_regressor_is_refused(store: Any, snapshot: Any, trained: Train, name: str) -> None:
    metric = {"name": name}
    first = trained(snapshot(_minutes(0, 20)), candidates=(_BOOSTED,), metric=metric)
    grown = snapshot(_minutes(0, 20), _minutes(20, 12))
    result = trained(grown, "uid-2", first, (_STUMP,), metric=metric)
    assert (result.verdict, result.verdict_reason) == (Verdict.REFUSED, "WorseThanChampion")
    assert f"{name} " in result.message
    assert files_of(store, "uid-2") == REFUSED


def test_a_regressor_of_120_rows_is_inconclusive(snapshot: Any, trained: Train) -> None:
    few = {name: values[::25] for name, values in _minutes(0, 20).items()}
    result = trained(snapshot(few), candidates=(_BOOSTED,))
    assert (result.verdict, result.message) == (
        Verdict.INCONCLUSIVE,
        "the test rows are 60; a judgement needs 500; wait for more labelled rows",
    )


def test_each_threshold_that_is_missed_is_named(store: Any, snapshot: Any, trained: Train) -> None:
    gate = {
        "thresholds": [
            {"metric": "r2", "minimum": "0.99"},
            {"metric": "mean_absolute_error", "maximum": "1000"},
            {"metric": "median_absolute_error", "maximum": "0.01"},
        ]
    }
    result = trained(snapshot(_minutes(0, 20)), candidates=(_BOOSTED,), gate=gate)
    assert (result.verdict, result.verdict_reason) == (Verdict.REFUSED, "ThresholdMissed")
    values = values_of(result, "Candidate")
    found = float(result.message.rpartition("(found ")[2].rstrip(")"))
    assert found == pytest.approx(values["median_absolute_error"], rel=1e-3)
    assert f"r2 of at least 0.99 (found {values['r2']:.4f}); median_absolute_error of at most " in (
        result.message
    )
    assert files_of(store, "uid-1") == REFUSED


def test_a_class_that_only_the_window_has_is_learned_by_the_refit(
    store: Any, snapshot: Any, trained: Train
) -> None:
    first = trained(snapshot(_graded(0, 20)))
    newest = _graded(20, 12)
    newest["late"] = np.where(newest["hour"] == 5, "night", newest["late"])
    newest["late"][::9] = "night"
    second = trained(snapshot(_graded(0, 20), newest), "uid-2", first)
    assert second.compared_with is ComparedWith.RECIPE
    assert (second.verdict, second.verdict_reason) == (Verdict.UNTESTED, "SameRecipe")
    assert _manifest(store, "uid-2").classes == ("calm", "fresh", "night", "storm")


def test_whole_numbers_are_a_number_when_the_dataset_says_so(
    store: Any, snapshot: Any, trained: Train
) -> None:
    columns = columns_of(0, 20)
    columns["late"] = np.digitize(np.nan_to_num(columns["wind"]), [-1, 0, 1])
    data = snapshot(columns)
    target = {"column": "late", "task": "Regression"}
    trained(data, candidates=(_BOOSTED,), target=target)
    assert _manifest(store).task is Task.REGRESSION
    trained(data, "uid-2")
    assert _manifest(store, "uid-2").classes == ("0", "1", "2", "3")


@pytest.mark.parametrize(
    ("rows_of", "changes", "message"),
    [
        (
            _minutes,
            {"candidates": (candidate(),)},
            "candidate 'boosting': HistGradientBoostingClassifier predicts classes, and the target "
            f"'late' is taken for a number; use '{HISTOGRAM}', or set the Dataset's `target.task` "
            "to Classification",
        ),
        (
            _minutes,
            {"candidates": (_BOOSTED,), "gate": {"minimum": "3"}},
            "`gate.minimum` is for a metric that is better the higher it is, and "
            "mean_absolute_error is an error; use `gate.thresholds: [{metric: "
            "mean_absolute_error, maximum: '3'}]`",
        ),
        (
            _graded,
            {"metric": {"name": "average_precision"}},
            "`metric.name` names average_precision, a measure of two classes (Classification), and "
            "the target is 3 classes (Classification); fitting are roc_auc, log_loss, brier, "
            "accuracy, balanced_accuracy, f1; a target of numbers is taken as the Dataset's "
            "`target.task` says",
        ),
    ],
    ids=["a classifier of a number", "a minimum of an error", "a metric of two classes"],
)
def test_what_does_not_fit_the_target_is_explained(
    snapshot: Any, trained: Train, rows_of: Any, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(TrainerError) as caught:
        trained(snapshot(rows_of(0, 20)), **changes)
    assert (caught.value.reason, caught.value.message) == (
        FailureReason.PARAMETER_INVALID,
        message,
    )


def test_a_champion_of_another_task_is_not_compared(snapshot: Any, trained: Train) -> None:
    counts = columns_of(0, 20)
    counts["late"] = pa.array(counts["hour"] % 4)
    data = snapshot(counts)
    first = trained(data)
    target = {"column": "late", "task": "Regression"}
    with pytest.raises(TrainerError) as caught:
        trained(data, "uid-2", first, (_BOOSTED,), target=target)
    assert (caught.value.reason, caught.value.message) == (
        FailureReason.PARAMETER_INVALID,
        "the champion 'delays-v1' is a model of Classification and this run's target is taken for "
        "Regression; set `target.task` of the Dataset, or give the other task another model name",
    )


def test_a_manifest_from_before_there_were_tasks_is_of_classes(
    store: Any, snapshot: Any, trained: Train
) -> None:
    trained(snapshot(columns_of(0, 20)))
    document = json.loads(store.objects[f"{FOLDER}/uid-1/manifest.json"])
    del document["task"]
    assert ModelManifest.model_validate(document).task is Task.CLASSIFICATION


def test_a_number_beyond_what_status_holds_stays_out_of_it(snapshot: Any, trained: Train) -> None:
    columns = _minutes(0, 20)
    columns["late"] = columns["late"] * 1e15
    linear = candidate("linear", "sklearn.linear_model.Ridge")
    result = trained(snapshot(columns), candidates=(linear,))
    assert (result.verdict, [metric.name for metric in result.metrics]) == (Verdict.PASSED, ["r2"])


@pytest.mark.parametrize(
    ("make", "given", "pictures", "metric"),
    [
        pytest.param(_graded, candidate(), ["Calibration"], "roc_auc", id="classes"),
        pytest.param(
            _minutes,
            _BOOSTED,
            ["Predicted and true", "Residuals", "Spread of residuals"],
            "mean_absolute_error",
            id="number",
        ),
    ],
)
def test_every_task_has_a_report(
    store: Any,
    snapshot: Any,
    trained: Train,
    make: Any,
    given: dict[str, Any],
    pictures: list[str],
    metric: str,
) -> None:
    result = trained(snapshot(make(0, 20)), candidates=(given,))
    html = store.objects[f"{FOLDER}/uid-1/report.html"].decode()
    assert_harmless(html)
    assert re.findall("<h3>([^<]+)</h3>", html) == pictures
    assert f"How much {metric} gets worse on {result.test_rows:,} test rows" in html
    found = json.loads(store.objects[f"{FOLDER}/uid-1/metrics.json"])["importance"]
    assert max(found, key=lambda each: each["mean"])["column"] == "wind"


def test_candidates_of_a_number_are_scored_by_their_errors_turned_round(
    store: Any, snapshot: Any, trained: Train
) -> None:
    trained(snapshot(_minutes(0, 20)), candidates=(_STUMP, _BOOSTED))
    summary = store.objects[f"{FOLDER}/uid-1/report.md"].decode()
    table = [line for line in summary.splitlines() if line.startswith("| ")]
    assert table[0].endswith("| validation -mean_absolute_error | note |")
    assert [line.split(" | ")[1] for line in table[2:4]] == ["boosting", "stump"]
    assert table[2].endswith(" | chosen |")
    assert all(line.split(" | ")[4].startswith("-") for line in table[2:4])
