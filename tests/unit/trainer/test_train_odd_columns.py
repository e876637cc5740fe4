"""Training on columns that carry nothing, too much, the impossible, or the target itself."""

import json
from typing import Any

import numpy as np
import pytest
from tests.unit.trainer.trainings import FOLDER, Train, candidate, columns_of

from tidewheel_contracts.api.v1alpha1.gate_result import GateTest, GateTestResult
from tidewheel_contracts.api.v1alpha1.run_result import Verdict
from tidewheel_contracts.artifact.model import ModelManifest
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError

_LINEAR = candidate("linear", "sklearn.linear_model.LogisticRegression")
_ROWS = 3000


def _last(count: int, old: Any, new: Any) -> list[Any]:
    """Return a column whose newest rows, which test, hold something else."""
    return [new(n) if n >= _ROWS - count else old(n) for n in range(_ROWS)]


@pytest.mark.parametrize("tried", [candidate(), _LINEAR], ids=["boosting", "linear"])
@pytest.mark.parametrize(
    "odd",
    [
        pytest.param(np.ones(_ROWS), id="constant"),
        pytest.param(["same"] * _ROWS, id="constant text"),
        pytest.param([1.0] + [None] * (_ROWS - 1), id="a single number"),
        pytest.param(np.full(_ROWS, np.nan), id="no number"),
        pytest.param(["a"] + [None] * (_ROWS - 1), id="a single text"),
        pytest.param([f"airport {n * 7919 % 5000}" for n in range(_ROWS)], id="many categories"),
        pytest.param(
            _last(900, lambda n: f"a{n % 3}", lambda n: f"new{n}"), id="unseen categories"
        ),
        pytest.param(_last(900, lambda _: None, lambda n: float(n)), id="numbers only in the test"),
        pytest.param(_last(900, lambda n: float(n), lambda _: None), id="no numbers in the test"),
    ],
)
def test_odd_columns_are_trained_tested_and_published(
    store: Any, snapshot: Any, trained: Train, odd: Any, tried: dict[str, Any]
) -> None:
    result = trained(snapshot(columns_of(0, 20) | {"odd": odd}), candidates=(tried,))
    assert (result.verdict, "TargetLeak" in result.message) == (Verdict.PASSED, False)
    data = store.objects[f"{FOLDER}/uid-1/manifest.json"]
    manifest = ModelManifest.model_validate_json(data)
    assert "odd" in {each.name for each in manifest.inputs}


def test_five_thousand_categories_are_learned(snapshot: Any, trained: Train) -> None:
    columns = columns_of(0, 40, 300)
    columns["airport"] = [f"airport {n % 5000}" for n in range(12_000)]
    assert trained(snapshot(columns)).verdict is Verdict.PASSED
    assert trained(snapshot(columns), "uid-2", candidates=(_LINEAR,)).verdict is Verdict.PASSED


def test_an_infinite_feature_is_named(snapshot: Any, trained: Train) -> None:
    columns = columns_of(0, 20)
    columns["wind"][5] = np.inf
    with pytest.raises(TrainerError) as caught:
        trained(snapshot(columns))
    assert (caught.value.reason, caught.value.message) == (
        FailureReason.FEATURE_UNUSABLE,
        "column 'wind' is infinite or beyond 3.4e38 in 1 of 3,000 rows; add a step to the Dataset, "
        "such as `clip` or a `filter`, or leave the column out of `features`",
    )


def test_a_feature_that_equals_the_target_passes_with_a_note(
    store: Any, snapshot: Any, trained: Train
) -> None:
    columns = columns_of(0, 20)
    columns["arrived_late"] = columns["late"]
    result = trained(snapshot(columns))
    words = "'arrived_late' (balanced accuracy 1.0000) alone tells the target"
    assert result.verdict is Verdict.PASSED
    assert result.message.endswith(
        f"; TargetLeak: {words}; leave out of `features` what is known only after the fact"
    )
    noted = GateTest(name="TargetLeak", result=GateTestResult.NOTED, message=words)
    assert [each for each in result.gate if each.name == "TargetLeak"] == [noted]
    metrics = json.loads(store.objects[f"{FOLDER}/uid-1/metrics.json"])
    assert {"name": "TargetLeak", "result": "Noted", "numbers": {"arrived_late": 1.0}} in metrics[
        "gate"
    ]["tests"]
    assert words in store.objects[f"{FOLDER}/uid-1/report.md"].decode()


def test_a_single_row_is_answered_with_what_is_missing(snapshot: Any, trained: Train) -> None:
    columns = columns_of(0, 1, 1)
    with pytest.raises(TrainerError) as caught:
        trained(snapshot(columns))
    assert (caught.value.reason, caught.value.message) == (
        FailureReason.TARGET_HAS_ONE_CLASS,
        f"the target 'late' is {columns['late'][0]} in all 1 labelled rows; a model needs rows of "
        "two classes",
    )
