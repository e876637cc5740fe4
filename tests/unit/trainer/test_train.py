"""Training against a bucket in memory: verdicts, and what is published."""

import hashlib
import json
from typing import Any

import pytest
from tests.unit.trainer.trainings import (
    FOLDER,
    REFUSED,
    Train,
    candidate,
    columns_of,
    files_of,
    turned_round,
    values_of,
)
from tests.unit.trainer.web_pages import assert_harmless

from tidewheel_contracts.api.v1alpha1.run_result import ComparedWith, Verdict
from tidewheel_contracts.artifact.model import ModelManifest, model_digest
from tidewheel_contracts.artifact.profile import Profile
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError


def test_a_first_run_is_published_with_everything_that_serving_needs(
    store: Any, snapshot: Any, trained: Train
) -> None:
    result = trained(snapshot(columns_of(0, 20)))
    assert (result.verdict, result.verdict_reason, result.compared_with) == (
        Verdict.PASSED,
        "FirstModel",
        ComparedWith.NOTHING,
    )
    assert (result.training_rows, result.test_rows, result.trained_through) == (
        3000,
        1050,
        "2013-01-20T01:00:00Z",
    )
    assert [column.name for column in result.input_columns] == ["wind", "hour", "carrier"]
    assert result.git_revision == "abc"
    assert files_of(store, "uid-1") == [
        "check.json",
        "lineage.json",
        "manifest.json",
        "metrics.json",
        "model.skops",
        "parity.json",
        "profile.json",
        "report.html",
        "report.md",
    ]
    assert result.artifact is not None
    manifest = ModelManifest.model_validate_json(store.objects[result.artifact.manifest_key])
    assert manifest.digest == model_digest(manifest.files) == result.artifact.digest
    assert [(each.name, each.datatype, each.kind) for each in manifest.inputs] == [
        ("wind", "FP64", "Numeric"),
        ("hour", "INT64", "Numeric"),
        ("carrier", "BYTES", "Categorical"),
    ]
    assert (manifest.classes, manifest.classes_datatype) == (("false", "true"), "BOOL")
    assert [len(values) for values in manifest.sample] == [5, 5, 5]


def test_the_report_is_a_file_of_the_artifact_but_no_part_of_the_model(
    store: Any, snapshot: Any, trained: Train
) -> None:
    result = trained(snapshot(columns_of(0, 20)))
    assert result.artifact is not None
    manifest = ModelManifest.model_validate_json(store.objects[result.artifact.manifest_key])
    found = {
        each.name: hashlib.sha256(store.objects[f"{FOLDER}/uid-1/{each.name}"]).hexdigest()
        for each in manifest.files
    }
    assert {each.name: each.sha256 for each in manifest.files} == found
    assert {"report.html", "report.md"} < found.keys()
    models = tuple(each for each in manifest.files if each.name == "model.skops")
    assert model_digest(models) == manifest.digest


def test_the_importance_of_every_column_is_measured_on_test_rows(
    store: Any, snapshot: Any, trained: Train
) -> None:
    trained(snapshot(columns_of(0, 20)))
    found = json.loads(store.objects[f"{FOLDER}/uid-1/metrics.json"])["importance"]
    assert [each["column"] for each in found] == ["wind", "hour", "carrier"]
    wind, hour, carrier = (each["mean"] for each in found)
    assert wind > 0.2 > 0.05 > carrier > 0.005 > abs(hour)
    assert all(0 < each["standardDeviation"] < 0.05 for each in found)


def test_the_same_run_has_the_same_report(store: Any, snapshot: Any, trained: Train) -> None:
    data = snapshot(columns_of(0, 20))
    trained(data)
    names = ("report.html", "report.md", "metrics.json")
    first = [store.objects.pop(f"{FOLDER}/uid-1/{name}") for name in names]
    del store.objects[f"{FOLDER}/uid-1/manifest.json"]
    trained(data)
    assert [store.objects[f"{FOLDER}/uid-1/{name}"] for name in names] == first


def test_a_report_that_another_release_wrote_stays(
    store: Any, snapshot: Any, trained: Train
) -> None:
    store.objects[f"{FOLDER}/uid-1/report.html"] = b"in other words"
    result = trained(snapshot(columns_of(0, 20)))
    assert result.artifact is not None
    manifest = ModelManifest.model_validate_json(store.objects[result.artifact.manifest_key])
    page = next(each for each in manifest.files if each.name == "report.html")
    assert (page.size_bytes, page.sha256) == (14, hashlib.sha256(b"in other words").hexdigest())


def test_a_report_compares_each_measure_with_the_champion(
    store: Any, snapshot: Any, trained: Train
) -> None:
    first = trained(snapshot(columns_of(0, 20)))
    stump = (candidate("stump", max_iter=1, max_depth=1),)
    trained(snapshot(columns_of(0, 20), columns_of(20, 12)), "uid-2", first, stump)
    lines = store.objects[f"{FOLDER}/uid-2/report.md"].decode().splitlines()
    begin = lines.index("| measure | candidate | champion delays-v1 | difference | 95 % interval |")
    rows = [line.strip("| ").split(" | ") for line in lines[begin + 2 : begin + 9]]
    with_interval = [row[0] for row in rows if len(row) == 5]
    assert [row[0] for row in rows] == [
        *("roc_auc", "log_loss", "brier", "average_precision", "accuracy"),
        *("balanced_accuracy", "f1"),
    ]
    assert with_interval == ["roc_auc", "log_loss", "brier", "accuracy"]
    for row in rows:
        if row[0] in with_interval:
            low, high = (float(end) for end in row[4].split(" to "))
            assert low < float(row[3]) < high


def test_a_refused_and_an_inconclusive_run_have_a_report_that_says_why(
    store: Any, snapshot: Any, trained: Train
) -> None:
    refused = trained(snapshot(columns_of(0, 20)), gate={"minimum": "0.99"})
    inconclusive = trained(snapshot(columns_of(0, 12)), "uid-2")
    for uid, result in (("uid-1", refused), ("uid-2", inconclusive)):
        summary = store.objects[f"{FOLDER}/{uid}/report.md"].decode()
        assert f"**{result.verdict_reason}**: {result.message}".replace("_", "") in (
            summary.replace("_", "")
        )
        assert_harmless(store.objects[f"{FOLDER}/{uid}/report.html"].decode())


def test_the_profile_adds_up(store: Any, snapshot: Any, trained: Train) -> None:
    trained(snapshot(columns_of(0, 20)))
    profile = Profile.model_validate_json(store.objects[f"{FOLDER}/uid-1/profile.json"])
    wind, hour, carrier = profile.features
    assert len(wind.edges) == len(wind.shares) + 1 == 11
    assert wind.missing_share == pytest.approx(0.1, abs=0.02)
    for feature in (wind, hour):
        assert sum(feature.shares) + feature.missing_share == pytest.approx(1)
    assert sum(each.share for each in carrier.categories) + carrier.other_share == pytest.approx(1)
    assert (profile.rows, profile.prediction.rows) == (3000, 1050)


def test_the_best_candidate_on_validation_rows_is_tested(
    store: Any, snapshot: Any, trained: Train
) -> None:
    candidates = (
        candidate("stump", max_iter=1, max_depth=1),
        candidate("linear", "sklearn.linear_model.LogisticRegression"),
        candidate("forest", "sklearn.ensemble.RandomForestClassifier", n_estimators=5),
    )
    result = trained(snapshot(columns_of(0, 20)), candidates=candidates)
    measured = json.loads(store.objects[f"{FOLDER}/uid-1/metrics.json"])["validation"]
    assert [each["candidate"] for each in measured] == ["stump", "linear", "forest"]
    assert result.candidate == max(measured, key=lambda each: each["score"])["candidate"]
    assert result.candidate == "linear"


def test_the_same_recipe_on_new_data_is_a_tie_and_untested(snapshot: Any, trained: Train) -> None:
    first = trained(snapshot(columns_of(0, 20)))
    second = trained(snapshot(columns_of(0, 20), columns_of(20, 12)), "uid-2", first)
    assert (second.verdict, second.compared_with, second.test_rows, second.training_rows) == (
        Verdict.UNTESTED,
        ComparedWith.MODEL,
        1800,
        4800,
    )
    assert values_of(second, "Champion").items() <= values_of(second, "Candidate").items()
    assert second.message.endswith(
        "; no veto test on its last third: the test rows are 600 with 220 of the rarer class on 4 "
        "days; a comparison needs 1,000, 100 and 10"
    )


def test_a_tie_in_which_two_thirds_of_the_window_teach_harm_is_refused(
    store: Any, snapshot: Any, trained: Train
) -> None:
    first = trained(snapshot(columns_of(0, 20)))
    spoiled = snapshot(columns_of(0, 20), turned_round(columns_of(20, 30), days=20))
    result = trained(spoiled, "uid-2", first)
    assert (result.verdict, result.verdict_reason, result.compared_with, result.artifact) == (
        Verdict.REFUSED,
        "ProvenWorse",
        ComparedWith.MODEL,
        None,
    )
    assert "on its last third, with the rest learned, " in result.message
    assert files_of(store, "uid-2") == REFUSED


def test_a_tie_in_a_healthy_window_stays_untested_after_its_veto_test(
    snapshot: Any, trained: Train
) -> None:
    first = trained(snapshot(columns_of(0, 20)))
    second = trained(snapshot(columns_of(0, 20), columns_of(20, 30)), "uid-2", first)
    assert (second.verdict, second.verdict_reason) == (Verdict.UNTESTED, "SameRecipe")
    assert "; no veto: on its last third, with the rest learned, " in second.message
    assert second.message.endswith(" with 90 % confidence over 10 clusters")


def test_a_spoiled_window_that_is_too_short_for_a_veto_stays_untested(
    snapshot: Any, trained: Train
) -> None:
    first = trained(snapshot(columns_of(0, 20)))
    spoiled = snapshot(columns_of(0, 20), turned_round(columns_of(20, 27), days=18))
    result = trained(spoiled, "uid-2", first)
    assert (result.verdict, result.verdict_reason) == (Verdict.UNTESTED, "SameRecipe")
    assert " on 9 days; a comparison needs " in result.message


def test_a_tie_below_the_minimum_needs_no_veto(snapshot: Any, trained: Train) -> None:
    first = trained(snapshot(columns_of(0, 20)))
    grown = snapshot(columns_of(0, 20), columns_of(20, 30))
    result = trained(grown, "uid-2", first, gate={"minimum": "0.99"})
    assert (result.verdict, result.verdict_reason) == (Verdict.REFUSED, "ThresholdMissed")


def test_metrics_say_which_fit_they_belong_to(snapshot: Any, trained: Train) -> None:
    first = trained(snapshot(columns_of(0, 20)))
    second = trained(snapshot(columns_of(0, 20), columns_of(20, 12)), "uid-2", first)
    others = ["log_loss", "brier", "average_precision", "accuracy", "balanced_accuracy", "f1"]
    assert [(each.name, each.fit) for each in second.metrics] == [
        ("roc_auc", "Candidate"),
        ("roc_auc_difference", "Candidate"),
        ("roc_auc_standard_error", "Candidate"),
        ("roc_auc", "Champion"),
        *((name, "Candidate") for name in others),
        ("base_rate", "Candidate"),
        # All but one of sixteen have room.
        *((name, "Champion") for name in others[:-1]),
    ]


def test_the_same_recipe_on_the_same_data_is_a_tie_of_recipes(
    snapshot: Any, trained: Train
) -> None:
    data = snapshot(columns_of(0, 60))
    first = trained(data)
    second = trained(data, "uid-2", first)
    assert (second.verdict, second.compared_with) == (Verdict.UNTESTED, ComparedWith.RECIPE)
    assert second.message.endswith(
        "; no veto test, as the champion's recipe would learn the same rows"
    )
    assert first.artifact is not None
    assert second.artifact is not None
    # Same spec, same snapshot, same program: the same bytes.
    assert second.artifact.digest == first.artifact.digest


def test_a_worse_recipe_is_refused_and_only_its_verdict_is_kept(
    store: Any, snapshot: Any, trained: Train
) -> None:
    first = trained(snapshot(columns_of(0, 20)))
    worse = (candidate("stump", max_iter=1, max_depth=1),)
    grown = snapshot(columns_of(0, 20), columns_of(20, 12))
    result = trained(grown, "uid-2", first, worse)
    assert (result.verdict, result.verdict_reason, result.artifact, result.training_rows) == (
        Verdict.REFUSED,
        "WorseThanChampion",
        None,
        0,
    )
    assert files_of(store, "uid-2") == REFUSED


def test_a_better_recipe_passes_against_the_recipe_of_a_champion_that_learned_the_test_rows(
    snapshot: Any, trained: Train
) -> None:
    data = snapshot(columns_of(0, 60))
    first = trained(data, candidates=(candidate("stump", max_iter=1, max_depth=1),))
    result = trained(data, "uid-2", first)
    assert (result.verdict, result.verdict_reason, result.compared_with) == (
        Verdict.PASSED,
        "NotWorse",
        ComparedWith.RECIPE,
    )


def test_below_the_minimum_nothing_is_published(store: Any, snapshot: Any, trained: Train) -> None:
    result = trained(snapshot(columns_of(0, 20)), gate={"minimum": "0.99"})
    assert (result.verdict, result.verdict_reason) == (Verdict.REFUSED, "ThresholdMissed")
    assert files_of(store, "uid-1") == REFUSED


def test_too_few_rows_leave_the_champion_and_are_inconclusive(
    store: Any, snapshot: Any, trained: Train
) -> None:
    data = snapshot(columns_of(0, 12, rows_per_day=300))
    first = trained(data)
    result = trained(data, "uid-2", first)
    assert result.verdict is Verdict.INCONCLUSIVE
    assert result.message.startswith("the test rows are 1,800 with ")
    assert result.message.endswith(
        "on 6 days; a comparison needs 1,000, 100 and 10; the champion stays"
    )
    assert files_of(store, "uid-2") == REFUSED


def test_without_a_time_column_recipes_are_compared_on_rows_chosen_by_hash(
    snapshot: Any, trained: Train
) -> None:
    data = snapshot(columns_of(0, 60), time=None)
    first = trained(data, time=None)
    assert first.trained_through is None
    result = trained(data, "uid-2", first, (candidate(max_iter=20),), time=None)
    assert result.compared_with is ComparedWith.RECIPE
    assert result.test_rows == pytest.approx(1800, rel=0.1)


@pytest.mark.parametrize("minimum", [None, "0.99"], ids=["published", "refused"])
def test_a_run_that_ended_is_reported_again_without_reading_a_row(
    store: Any, snapshot: Any, trained: Train, minimum: str | None
) -> None:
    data = snapshot(columns_of(0, 20))
    first = trained(data, gate={"minimum": minimum})
    store.reads.clear()
    assert trained(data, gate={"minimum": minimum}) == first
    assert not [key for key in store.reads if "/parts/" in key]


def test_an_attempt_that_died_before_its_manifest_is_finished(
    store: Any, snapshot: Any, trained: Train
) -> None:
    data = snapshot(columns_of(0, 20))
    first = trained(data)
    assert first.artifact is not None
    del store.objects[first.artifact.manifest_key]
    assert trained(data) == first


def test_a_different_model_of_an_earlier_attempt_is_not_overwritten(
    store: Any, snapshot: Any, trained: Train
) -> None:
    store.objects[f"{FOLDER}/uid-1/model.skops"] = b"of another image"
    with pytest.raises(TrainerError) as caught:
        trained(snapshot(columns_of(0, 20)))
    assert caught.value.reason is FailureReason.ARTIFACT_DAMAGED
    assert store.objects[f"{FOLDER}/uid-1/model.skops"] == b"of another image"


@pytest.mark.parametrize("name", ["manifest.json", "verdict.json"])
def test_a_result_that_cannot_be_read_is_named(
    store: Any, snapshot: Any, trained: Train, name: str
) -> None:
    store.objects[f"{FOLDER}/uid-1/{name}"] = b"{}"
    with pytest.raises(TrainerError) as caught:
        trained(snapshot(columns_of(0, 20)))
    assert (caught.value.reason, caught.value.message) == (
        FailureReason.ARTIFACT_DAMAGED,
        f"this run left '{FOLDER}/uid-1/{name}', which was changed and cannot be read; restore it "
        "from a backup of the bucket, or apply a new TrainingRun",
    )
