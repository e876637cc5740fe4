"""Training against a bucket in memory: verdicts, what is published, what is refused."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tidewheel_contracts.api.v1alpha1.training_run import ComparedWith, RunResult, Verdict
from tidewheel_contracts.artifact.model import ModelManifest, model_digest
from tidewheel_contracts.artifact.profile import Profile
from tidewheel_contracts.artifact.snapshot import manifest_digest
from tidewheel_contracts.job import CollectRequest, CollectResult, FailureReason, TrainRequest
from tidewheel_trainer.collect.collector import collect
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.surroundings import Surroundings
from tidewheel_trainer.train.model_file import read_model
from tidewheel_trainer.train.trainer import train

Train = Callable[..., RunResult]

_BOOSTING = "sklearn.ensemble.HistGradientBoostingClassifier"
_FOLDER = "tidewheel/ml/models/delays"
_DAY = 86_400_000_000
_START = 15_706 * _DAY  # 2013-01-01


def _candidate(name: str = "boosting", estimator: str = _BOOSTING, **given: Any) -> dict[str, Any]:
    parameters = {"max_iter": 8} if estimator == _BOOSTING else {}
    return {"name": name, "estimator": estimator, "parameters": parameters | given}


def _columns(first_day: int, days: int, rows_per_day: int = 150) -> dict[str, Any]:
    """Return columns whose target depends on `wind` and `carrier`."""
    random = np.random.default_rng(first_day)
    rows = days * rows_per_day
    wind = random.normal(size=rows)
    carrier = random.choice(["AA", "B6", "UA"], rows)
    late = random.random(rows) < 1 / (1 + np.exp(1.2 - 2 * wind - (carrier == "B6")))
    moments = _START + (first_day + np.repeat(np.arange(days), rows_per_day)) * _DAY + 3_600_000_000
    return {
        "day": pa.array(moments, pa.timestamp("us")),
        "late": late,
        "wind": np.where(random.random(rows) < 0.1, np.nan, wind),
        "hour": random.integers(5, 24, rows),
        "carrier": carrier,
    }


def _late_in_newest_days(days: int, mixed_days: int, rows_per_day: int = 150) -> np.ndarray:
    """Return a target whose older rows are of one class but for the very first."""
    late = np.arange(days * rows_per_day) % 2 == 0
    late[1 : (days - mixed_days) * rows_per_day] = False
    return np.asarray(late)


def _turned_round(columns: dict[str, Any], days: int) -> dict[str, Any]:
    """Return columns with all labels of the first days flipped.

    Fewer than half of them would be noise, which hardly moves a ranking.
    """
    rows = np.arange(len(columns["late"]))
    return columns | {"late": columns["late"] ^ (rows < days * 150)}


@pytest.fixture
def snapshot(
    store: Any,
    surroundings: Surroundings,
    collect_request: Callable[..., CollectRequest],
    progress: Any,
    parquet: Any,
) -> Callable[..., CollectResult]:
    """Return a function that collects the given objects, one per call argument."""

    def make(*objects: dict[str, Any], **changes: Any) -> CollectResult:
        for number, columns in enumerate(objects):
            store.objects[f"raw/{number}.parquet"] = parquet(columns)
        return collect(collect_request(**changes), store, surroundings, progress)

    return make


@pytest.fixture
def trained(store: Any, surroundings: Surroundings, progress: Any) -> Train:
    """Return a function that trains on a snapshot, against a champion's result if one is given."""

    def run(
        data: CollectResult,
        uid: str = "uid-1",
        champion: RunResult | None = None,
        candidates: tuple[dict[str, Any], ...] = (_candidate(),),
        time: str | None = "day",
        **training: Any,
    ) -> RunResult:
        reference = None
        if champion is not None:
            assert champion.artifact is not None
            reference = {
                "name": "delays-v1",
                "number": 1,
                "manifestKey": champion.artifact.manifest_key,
                "manifestDigest": champion.artifact.manifest_digest,
                "trainedThrough": champion.trained_through,
            }
        request = {
            "store": {
                "spec": {"endpoint": "http://store", "bucket": "data", "secretName": "keys"},
                "namespace": "ml",
            },
            "runName": "delays-1",
            "runUid": uid,
            "modelName": "delays",
            "datasetName": "flights",
            "snapshot": {
                "digest": data.snapshot.digest,
                "manifestKey": data.snapshot.manifest_key,
            },
            "target": {"column": "late"},
            "time": None if time is None else {"column": time},
            "training": {"candidates": candidates, **training},
            "champion": reference,
        }
        parsed = TrainRequest.model_validate(request)
        return train(parsed, store, surroundings, progress).result

    return run


def _files(store: Any, uid: str) -> list[str]:
    prefix = f"{_FOLDER}/{uid}/"
    return sorted(key.removeprefix(prefix) for key in store.objects if key.startswith(prefix))


def _values(result: RunResult, fit: str) -> dict[str, float]:
    return {each.name: float(each.value) for each in result.metrics if each.fit == fit}


def test_a_first_run_is_published_with_everything_that_serving_needs(
    store: Any, snapshot: Any, trained: Train
) -> None:
    result = trained(snapshot(_columns(0, 20)))
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
    assert _files(store, "uid-1") == [
        "lineage.json",
        "manifest.json",
        "metrics.json",
        "model.skops",
        "profile.json",
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


def test_the_profile_adds_up(store: Any, snapshot: Any, trained: Train) -> None:
    trained(snapshot(_columns(0, 20)))
    profile = Profile.model_validate_json(store.objects[f"{_FOLDER}/uid-1/profile.json"])
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
        _candidate("stump", max_iter=1, max_depth=1),
        _candidate("linear", "sklearn.linear_model.LogisticRegression"),
        _candidate("forest", "sklearn.ensemble.RandomForestClassifier", n_estimators=5),
    )
    result = trained(snapshot(_columns(0, 20)), candidates=candidates)
    measured = json.loads(store.objects[f"{_FOLDER}/uid-1/metrics.json"])["validation"]
    assert [each["candidate"] for each in measured] == ["stump", "linear", "forest"]
    assert result.candidate == max(measured, key=lambda each: each["rocAuc"])["candidate"]
    assert result.candidate == "linear"


def test_the_same_recipe_on_new_data_is_a_tie_and_untested(snapshot: Any, trained: Train) -> None:
    first = trained(snapshot(_columns(0, 20)))
    second = trained(snapshot(_columns(0, 20), _columns(20, 12)), "uid-2", first)
    assert (second.verdict, second.compared_with, second.test_rows, second.training_rows) == (
        Verdict.UNTESTED,
        ComparedWith.MODEL,
        1800,
        4800,
    )
    assert _values(second, "Champion").items() <= _values(second, "Candidate").items()
    assert second.message.endswith(
        "; no veto test on its last third: the test rows are 600 with 220 of the rarer class on 4 "
        "days; a comparison needs 1,000, 100 and 10"
    )


def test_a_tie_in_which_two_thirds_of_the_window_teach_harm_is_refused(
    store: Any, snapshot: Any, trained: Train
) -> None:
    first = trained(snapshot(_columns(0, 20)))
    spoiled = snapshot(_columns(0, 20), _turned_round(_columns(20, 30), days=20))
    result = trained(spoiled, "uid-2", first)
    assert (result.verdict, result.verdict_reason, result.compared_with, result.artifact) == (
        Verdict.REFUSED,
        "ProvenWorse",
        ComparedWith.MODEL,
        None,
    )
    assert "on its last third, with the rest learned, " in result.message
    assert _files(store, "uid-2") == ["verdict.json"]


def test_a_tie_in_a_healthy_window_stays_untested_after_its_veto_test(
    snapshot: Any, trained: Train
) -> None:
    first = trained(snapshot(_columns(0, 20)))
    second = trained(snapshot(_columns(0, 20), _columns(20, 30)), "uid-2", first)
    assert (second.verdict, second.verdict_reason) == (Verdict.UNTESTED, "SameRecipe")
    assert "; no veto: on its last third, with the rest learned, " in second.message
    assert second.message.endswith(" with 90 % confidence over 10 clusters")


def test_a_spoiled_window_that_is_too_short_for_a_veto_stays_untested(
    snapshot: Any, trained: Train
) -> None:
    first = trained(snapshot(_columns(0, 20)))
    spoiled = snapshot(_columns(0, 20), _turned_round(_columns(20, 27), days=18))
    result = trained(spoiled, "uid-2", first)
    assert (result.verdict, result.verdict_reason) == (Verdict.UNTESTED, "SameRecipe")
    assert " on 9 days; a comparison needs " in result.message


def test_a_tie_below_the_minimum_needs_no_veto(snapshot: Any, trained: Train) -> None:
    first = trained(snapshot(_columns(0, 20)))
    grown = snapshot(_columns(0, 20), _columns(20, 30))
    result = trained(grown, "uid-2", first, gate={"minimum": "0.99"})
    assert (result.verdict, result.verdict_reason) == (Verdict.REFUSED, "BelowMinimum")


def test_metrics_say_which_fit_they_belong_to(snapshot: Any, trained: Train) -> None:
    first = trained(snapshot(_columns(0, 20)))
    second = trained(snapshot(_columns(0, 20), _columns(20, 12)), "uid-2", first)
    names = ["roc_auc", "log_loss", "brier"]
    assert [(each.name, each.fit) for each in second.metrics] == [
        *((name, "Candidate") for name in names),
        ("base_rate", "Candidate"),
        ("roc_auc_difference", "Candidate"),
        ("roc_auc_standard_error", "Candidate"),
        *((name, "Champion") for name in names),
    ]


def test_the_same_recipe_on_the_same_data_is_a_tie_of_recipes(
    snapshot: Any, trained: Train
) -> None:
    data = snapshot(_columns(0, 60))
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
    first = trained(snapshot(_columns(0, 20)))
    worse = (_candidate("stump", max_iter=1, max_depth=1),)
    grown = snapshot(_columns(0, 20), _columns(20, 12))
    result = trained(grown, "uid-2", first, worse)
    assert (result.verdict, result.verdict_reason, result.artifact, result.training_rows) == (
        Verdict.REFUSED,
        "WorseThanChampion",
        None,
        0,
    )
    assert _files(store, "uid-2") == ["verdict.json"]


def test_a_better_recipe_passes_against_the_recipe_of_a_champion_that_learned_the_test_rows(
    snapshot: Any, trained: Train
) -> None:
    data = snapshot(_columns(0, 60))
    first = trained(data, candidates=(_candidate("stump", max_iter=1, max_depth=1),))
    result = trained(data, "uid-2", first)
    assert (result.verdict, result.verdict_reason, result.compared_with) == (
        Verdict.PASSED,
        "NotWorse",
        ComparedWith.RECIPE,
    )


def test_below_the_minimum_nothing_is_published(store: Any, snapshot: Any, trained: Train) -> None:
    result = trained(snapshot(_columns(0, 20)), gate={"minimum": "0.99"})
    assert (result.verdict, result.verdict_reason) == (Verdict.REFUSED, "BelowMinimum")
    assert _files(store, "uid-1") == ["verdict.json"]


def test_too_few_rows_leave_the_champion_and_are_inconclusive(
    store: Any, snapshot: Any, trained: Train
) -> None:
    data = snapshot(_columns(0, 12, rows_per_day=300))
    first = trained(data)
    result = trained(data, "uid-2", first)
    assert result.verdict is Verdict.INCONCLUSIVE
    assert result.message.startswith("the test rows are 1,800 with ")
    assert result.message.endswith(
        "on 6 days; a comparison needs 1,000, 100 and 10; the champion stays"
    )
    assert _files(store, "uid-2") == ["verdict.json"]


def test_without_a_time_column_recipes_are_compared_on_rows_chosen_by_hash(
    snapshot: Any, trained: Train
) -> None:
    data = snapshot(_columns(0, 60), time=None)
    first = trained(data, time=None)
    assert first.trained_through is None
    result = trained(data, "uid-2", first, (_candidate(max_iter=20),), time=None)
    assert result.compared_with is ComparedWith.RECIPE
    assert result.test_rows == pytest.approx(1800, rel=0.1)


@pytest.mark.parametrize("minimum", [None, "0.99"], ids=["published", "refused"])
def test_a_run_that_ended_is_reported_again_without_reading_a_row(
    store: Any, snapshot: Any, trained: Train, minimum: str | None
) -> None:
    data = snapshot(_columns(0, 20))
    first = trained(data, gate={"minimum": minimum})
    store.reads.clear()
    assert trained(data, gate={"minimum": minimum}) == first
    assert not [key for key in store.reads if "/parts/" in key]


def test_an_attempt_that_died_before_its_manifest_is_finished(
    store: Any, snapshot: Any, trained: Train
) -> None:
    data = snapshot(_columns(0, 20))
    first = trained(data)
    assert first.artifact is not None
    del store.objects[first.artifact.manifest_key]
    assert trained(data) == first


def test_a_different_model_of_an_earlier_attempt_is_not_overwritten(
    store: Any, snapshot: Any, trained: Train
) -> None:
    store.objects[f"{_FOLDER}/uid-1/model.skops"] = b"of another image"
    with pytest.raises(TrainerError) as caught:
        trained(snapshot(_columns(0, 20)))
    assert caught.value.reason is FailureReason.ARTIFACT_DAMAGED
    assert store.objects[f"{_FOLDER}/uid-1/model.skops"] == b"of another image"


@pytest.mark.parametrize("name", ["manifest.json", "verdict.json"])
def test_a_result_that_cannot_be_read_is_named(
    store: Any, snapshot: Any, trained: Train, name: str
) -> None:
    store.objects[f"{_FOLDER}/uid-1/{name}"] = b"{}"
    with pytest.raises(TrainerError) as caught:
        trained(snapshot(_columns(0, 20)))
    assert (caught.value.reason, caught.value.message) == (
        FailureReason.ARTIFACT_DAMAGED,
        f"this run left '{_FOLDER}/uid-1/{name}', which was changed and cannot be read; restore it "
        "from a backup of the bucket, or apply a new TrainingRun",
    )


def test_unlabelled_rows_are_not_learned(snapshot: Any, trained: Train) -> None:
    newest = _columns(20, 5) | {"late": pa.nulls(5 * 150, pa.bool_())}
    result = trained(snapshot(_columns(0, 20), newest))
    assert (result.training_rows, result.trained_through) == (3000, "2013-01-20T01:00:00Z")


def test_a_text_target_is_learned(store: Any, snapshot: Any, trained: Train) -> None:
    columns = _columns(0, 20)
    result = trained(snapshot(columns | {"late": np.where(columns["late"], "yes", "no")}))
    assert result.artifact is not None
    manifest = ModelManifest.model_validate_json(store.objects[result.artifact.manifest_key])
    assert (manifest.classes, manifest.classes_datatype) == (("no", "yes"), "BYTES")


@pytest.mark.parametrize(
    ("late", "reason", "message"),
    [
        pytest.param(
            np.ones(3000, dtype=bool),
            FailureReason.TARGET_HAS_ONE_CLASS,
            "the target 'late' is True in all 3,000 labelled rows; a model needs rows of two "
            "classes",
            id="one class",
        ),
        pytest.param(
            np.arange(3000) % 3,
            FailureReason.TARGET_UNSUPPORTED,
            "the target 'late' has 3 values (0, 1, 2 ...); it must have two",
            id="three classes",
        ),
        pytest.param(
            pa.array([None] * 3000, pa.bool_()),
            FailureReason.TOO_FEW_ROWS,
            "the snapshot has 3,000 rows and 0 with a target value, none of them to learn from; "
            "wait for labels, or check the target and time columns",
            id="no label",
        ),
    ],
)
def test_a_target_that_cannot_be_learned_is_named(
    snapshot: Any, trained: Train, late: Any, reason: FailureReason, message: str
) -> None:
    with pytest.raises(TrainerError) as caught:
        trained(snapshot(_columns(0, 20) | {"late": late}))
    assert (caught.value.reason, caught.value.message) == (reason, message)


@pytest.mark.parametrize(
    ("columns", "names", "message"),
    [
        pytest.param(
            _columns(0, 12),
            ("boosting",),
            "the test rows are 900 with 337 of the rarer class; a judgement needs 1,000 and 100; "
            "wait for more labelled rows",
            id="few rows",
        ),
        pytest.param(
            _columns(0, 1),
            ("boosting",),
            "all 150 labelled rows lie on one day; a split needs two; wait for more labelled rows",
            id="one day",
        ),
        pytest.param(
            _columns(0, 20) | {"late": _late_in_newest_days(20, 7)},
            ("one", "two"),
            "the 1,950 rows before the test window are too few to choose among several candidates: "
            "each side of the choice needs both classes, and a single candidate needs no choice; "
            "wait for more labelled rows",
            id="nothing to choose by",
        ),
    ],
)
def test_a_first_run_of_too_few_rows_is_inconclusive(
    store: Any,
    snapshot: Any,
    trained: Train,
    columns: dict[str, Any],
    names: tuple[str, ...],
    message: str,
) -> None:
    result = trained(snapshot(columns), candidates=tuple(map(_candidate, names)))
    assert result == RunResult(
        verdict=Verdict.INCONCLUSIVE,
        verdict_reason="TooFewRows",
        message=message,
        compared_with=ComparedWith.NOTHING,
        candidate=names[0] if len(names) == 1 else "",
        git_revision="abc",
    )
    assert _files(store, "uid-1") == ["verdict.json"]


def test_parameters_that_contradict_each_other_are_named(snapshot: Any, trained: Train) -> None:
    candidate = _candidate("linear", "sklearn.linear_model.LogisticRegression", l1_ratio=0.5)
    with pytest.raises(TrainerError) as caught:
        trained(snapshot(_columns(0, 20)), candidates=(candidate,))
    assert caught.value.reason is FailureReason.PARAMETER_INVALID
    assert caught.value.message.startswith("candidate 'linear': scikit-learn refused to fit ")


@pytest.mark.parametrize("damage", ["part", "manifest"])
def test_a_damaged_snapshot_is_not_learned(
    store: Any, snapshot: Any, trained: Train, damage: str
) -> None:
    data = snapshot(_columns(0, 20))
    key = next(key for key in store.objects if f"/{damage}s/" in key or damage == "manifest")
    key = data.snapshot.manifest_key if damage == "manifest" else key
    store.objects[key] = store.objects[key][:-1] + b"?"
    with pytest.raises(TrainerError) as caught:
        trained(data)
    assert caught.value.reason is FailureReason.ARTIFACT_DAMAGED


def test_a_champion_with_other_bytes_is_not_loaded(
    store: Any, snapshot: Any, trained: Train
) -> None:
    first = trained(snapshot(_columns(0, 20)))
    store.objects[f"{_FOLDER}/uid-1/model.skops"] += b"?"
    with pytest.raises(TrainerError) as caught:
        trained(snapshot(_columns(0, 20), _columns(20, 12)), "uid-2", first)
    assert (caught.value.reason, caught.value.message) == (
        FailureReason.ARTIFACT_DAMAGED,
        f"file '{_FOLDER}/uid-1/model.skops' of the champion 'delays-v1' does not match its "
        "digest; restore it from a backup of the bucket, or let another version serve",
    )


def test_a_champion_whose_manifest_was_changed_is_not_believed(
    store: Any, snapshot: Any, trained: Train
) -> None:
    first = trained(snapshot(_columns(0, 20)))
    assert first.artifact is not None
    key = first.artifact.manifest_key
    # Still a valid manifest of the same model file, but of other training rows.
    changed = store.objects[key].replace(
        b'"trainedThrough":"2013-01-20', b'"trainedThrough":"2013-01-01'
    )
    assert changed != store.objects[key]
    store.objects[key] = changed
    with pytest.raises(TrainerError) as caught:
        trained(snapshot(_columns(0, 20), _columns(20, 12)), "uid-2", first)
    assert (caught.value.reason, caught.value.message) == (
        FailureReason.ARTIFACT_DAMAGED,
        f"file '{key}' of the champion 'delays-v1' was changed: its digest is "
        f"{manifest_digest(changed)}, not {first.artifact.manifest_digest}; restore it from a "
        "backup of the bucket, or let another version serve",
    )


def test_a_champion_of_a_later_release_is_no_damage(
    store: Any, snapshot: Any, trained: Train
) -> None:
    first = trained(snapshot(_columns(0, 20)))
    assert first.artifact is not None
    key = first.artifact.manifest_key
    later = store.objects[key].replace(b'{"protocol":1,', b'{"protocol":2,"novelty":1,')
    store.objects[key] = later
    artifact = first.artifact.model_copy(update={"manifest_digest": manifest_digest(later)})
    with pytest.raises(TrainerError) as caught:
        trained(snapshot(_columns(0, 20)), "uid-2", first.model_copy(update={"artifact": artifact}))
    assert (caught.value.reason, caught.value.message) == (
        FailureReason.REQUEST_INVALID,
        f"file '{key}' of the champion 'delays-v1' has a form that this trainer image does not "
        "know; use the image of the release that wrote it, or a later one",
    )


def test_times_of_another_column_do_not_tell_what_a_champion_learned(
    snapshot: Any, trained: Train
) -> None:
    def with_arrival(columns: dict[str, Any]) -> dict[str, Any]:
        return columns | {"arrival": columns["day"].cast(pa.timestamp("us"))}

    first = trained(snapshot(with_arrival(_columns(0, 20))))
    grown = snapshot(with_arrival(_columns(0, 20)), with_arrival(_columns(20, 12)))
    result = trained(grown, "uid-2", first, time="arrival")
    assert result.compared_with is ComparedWith.RECIPE


def test_a_champion_that_reads_a_column_as_text_is_not_given_numbers(
    store: Any, snapshot: Any, trained: Train
) -> None:
    first = trained(snapshot(_columns(0, 20)))
    coded = _columns(0, 20)
    coded["carrier"] = np.arange(3000) % 3
    with pytest.raises(TrainerError) as caught:
        trained(snapshot(coded), "uid-2", first)
    assert (caught.value.reason, caught.value.message) == (
        FailureReason.PARAMETER_INVALID,
        "the champion reads column 'carrier' as BYTES and the snapshot has it as int64; a model of "
        "other data needs another model name",
    )


@pytest.mark.parametrize(
    ("parameters", "fitted"), [({}, 31), ({"max_leaf_nodes": None}, None)], ids=["absent", "null"]
)
def test_a_parameter_of_null_reaches_the_estimator(
    store: Any, snapshot: Any, trained: Train, parameters: dict[str, Any], fitted: int | None
) -> None:
    trained(snapshot(_columns(0, 20)), candidates=(_candidate(**parameters),))
    key = f"{_FOLDER}/uid-1/model.skops"
    model = read_model(store.objects[key], key)
    assert model["estimator"].max_leaf_nodes == fitted


def test_a_parameter_of_null_stays_in_the_recipe(store: Any, snapshot: Any, trained: Train) -> None:
    result = trained(snapshot(_columns(0, 20)), candidates=(_candidate(max_leaf_nodes=None),))
    assert result.artifact is not None
    manifest = ModelManifest.model_validate_json(store.objects[result.artifact.manifest_key])
    assert manifest.recipe.parameters == {
        "early_stopping": False,
        "max_iter": 8,
        "max_leaf_nodes": None,
    }
