"""Training against a bucket in memory: what is refused, and in which words."""

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
    late_in_newest_days,
)

from tidewheel_contracts.api.v1alpha1.gate_result import GateTest, GateTestResult
from tidewheel_contracts.api.v1alpha1.run_result import ComparedWith, RunResult, Verdict
from tidewheel_contracts.artifact.model import ModelManifest
from tidewheel_contracts.artifact.snapshot import manifest_digest
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.train.model_file import read_model


def test_unlabelled_rows_are_not_learned(snapshot: Any, trained: Train) -> None:
    newest = columns_of(20, 5) | {"late": pa.nulls(5 * 150, pa.bool_())}
    result = trained(snapshot(columns_of(0, 20), newest))
    assert (result.training_rows, result.trained_through) == (3000, "2013-01-20T01:00:00Z")


def test_a_text_target_is_learned(store: Any, snapshot: Any, trained: Train) -> None:
    columns = columns_of(0, 20)
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
            np.full(3000, 7.5),
            FailureReason.TARGET_IS_CONSTANT,
            "the target 'late' is 7.5 in all 3,000 labelled rows; a model needs values that differ",
            id="constant",
        ),
        pytest.param(
            np.append(np.arange(2999) / 8, np.inf),
            FailureReason.TARGET_UNSUPPORTED,
            "the target 'late' is infinite or beyond 3.4e38 in 1 of 3,000 labelled rows; add a "
            "step to the Dataset, such as `clip` or a `filter`",
            id="infinite",
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
        trained(snapshot(columns_of(0, 20) | {"late": late}))
    assert (caught.value.reason, caught.value.message) == (reason, message)


@pytest.mark.parametrize(
    ("columns", "names", "message"),
    [
        pytest.param(
            columns_of(0, 12),
            ("boosting",),
            "the test rows are 900 with 337 of the rarer class; a judgement needs 1,000 and 100; "
            "wait for more labelled rows",
            id="few rows",
        ),
        pytest.param(
            columns_of(0, 1),
            ("boosting",),
            "all 150 labelled rows lie on one day; a split needs two; wait for more labelled rows",
            id="one day",
        ),
        pytest.param(
            columns_of(0, 20) | {"late": late_in_newest_days(20, 7)},
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
    result = trained(snapshot(columns), candidates=tuple(map(candidate, names)))
    assert result == RunResult(
        verdict=Verdict.INCONCLUSIVE,
        verdict_reason="TooFewRows",
        message=message,
        compared_with=ComparedWith.NOTHING,
        candidate=names[0] if len(names) == 1 else "",
        gate=(
            GateTest(
                name="rows",
                result=GateTestResult.INCONCLUSIVE,
                message=message.removesuffix("; wait for more labelled rows"),
            ),
        ),
        git_revision="abc",
    )
    assert files_of(store, "uid-1") == REFUSED


def test_parameters_that_contradict_each_other_are_named(snapshot: Any, trained: Train) -> None:
    linear = candidate("linear", "sklearn.linear_model.LogisticRegression", l1_ratio=0.5)
    with pytest.raises(TrainerError) as caught:
        trained(snapshot(columns_of(0, 20)), candidates=(linear,))
    assert caught.value.reason is FailureReason.PARAMETER_INVALID
    assert caught.value.message.startswith("candidate 'linear': scikit-learn refused to fit ")


@pytest.mark.parametrize("damage", ["part", "manifest"])
def test_a_damaged_snapshot_is_not_learned(
    store: Any, snapshot: Any, trained: Train, damage: str
) -> None:
    data = snapshot(columns_of(0, 20))
    key = next(key for key in store.objects if f"/{damage}s/" in key or damage == "manifest")
    key = data.snapshot.manifest_key if damage == "manifest" else key
    store.objects[key] = store.objects[key][:-1] + b"?"
    with pytest.raises(TrainerError) as caught:
        trained(data)
    assert caught.value.reason is FailureReason.ARTIFACT_DAMAGED


def test_a_champion_with_other_bytes_is_not_loaded(
    store: Any, snapshot: Any, trained: Train
) -> None:
    first = trained(snapshot(columns_of(0, 20)))
    store.objects[f"{FOLDER}/uid-1/model.skops"] += b"?"
    with pytest.raises(TrainerError) as caught:
        trained(snapshot(columns_of(0, 20), columns_of(20, 12)), "uid-2", first)
    assert (caught.value.reason, caught.value.message) == (
        FailureReason.ARTIFACT_DAMAGED,
        f"file '{FOLDER}/uid-1/model.skops' of the champion 'delays-v1' does not match its "
        "digest; restore it from a backup of the bucket, or let another version serve",
    )


def test_a_champion_whose_manifest_was_changed_is_not_believed(
    store: Any, snapshot: Any, trained: Train
) -> None:
    first = trained(snapshot(columns_of(0, 20)))
    assert first.artifact is not None
    key = first.artifact.manifest_key
    # Still a valid manifest of the same model file, but of other training rows.
    changed = store.objects[key].replace(
        b'"trainedThrough":"2013-01-20', b'"trainedThrough":"2013-01-01'
    )
    assert changed != store.objects[key]
    store.objects[key] = changed
    with pytest.raises(TrainerError) as caught:
        trained(snapshot(columns_of(0, 20), columns_of(20, 12)), "uid-2", first)
    assert (caught.value.reason, caught.value.message) == (
        FailureReason.ARTIFACT_DAMAGED,
        f"file '{key}' of the champion 'delays-v1' was changed: its digest is "
        f"{manifest_digest(changed)}, not {first.artifact.manifest_digest}; restore it from a "
        "backup of the bucket, or let another version serve",
    )


def test_a_champion_of_a_later_release_is_no_damage(
    store: Any, snapshot: Any, trained: Train
) -> None:
    first = trained(snapshot(columns_of(0, 20)))
    assert first.artifact is not None
    key = first.artifact.manifest_key
    later = store.objects[key].replace(b'{"protocol":1,', b'{"protocol":2,"novelty":1,')
    store.objects[key] = later
    artifact = first.artifact.model_copy(update={"manifest_digest": manifest_digest(later)})
    with pytest.raises(TrainerError) as caught:
        trained(
            snapshot(columns_of(0, 20)), "uid-2", first.model_copy(update={"artifact": artifact})
        )
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

    first = trained(snapshot(with_arrival(columns_of(0, 20))))
    grown = snapshot(with_arrival(columns_of(0, 20)), with_arrival(columns_of(20, 12)))
    result = trained(grown, "uid-2", first, time="arrival")
    assert result.compared_with is ComparedWith.RECIPE


def test_a_champion_that_reads_a_column_as_text_is_not_given_numbers(
    store: Any, snapshot: Any, trained: Train
) -> None:
    first = trained(snapshot(columns_of(0, 20)))
    coded = columns_of(0, 20)
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
    trained(snapshot(columns_of(0, 20)), candidates=(candidate(**parameters),))
    key = f"{FOLDER}/uid-1/model.skops"
    model = read_model(store.objects[key], key)
    assert model["estimator"].max_leaf_nodes == fitted


def test_a_parameter_of_null_stays_in_the_recipe(store: Any, snapshot: Any, trained: Train) -> None:
    result = trained(snapshot(columns_of(0, 20)), candidates=(candidate(max_leaf_nodes=None),))
    assert result.artifact is not None
    manifest = ModelManifest.model_validate_json(store.objects[result.artifact.manifest_key])
    assert manifest.recipe.parameters == {
        "early_stopping": False,
        "max_iter": 8,
        "max_leaf_nodes": None,
    }
