"""Slices, groups, calibration and limits of a run, from its spec to its status and files."""

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from tests.unit.trainer.trainings import FOLDER, REFUSED, Train, columns_of, files_of

from tidewheel_contracts.api.v1alpha1.gate_result import GateTestResult
from tidewheel_contracts.api.v1alpha1.run_result import RunResult, Verdict
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.surroundings import Surroundings

PASSED, FAILED = GateTestResult.PASSED, GateTestResult.FAILED
INCONCLUSIVE = GateTestResult.INCONCLUSIVE
REACHED = [{"metric": "accuracy", "minimum": "0.5"}]
MISSED = [{"metric": "accuracy", "minimum": "0.999"}]


def _results(result: RunResult) -> dict[str, GateTestResult]:
    return {test.name: test.result for test in result.gate}


def test_each_slice_and_group_is_tested_and_told_in_status_metrics_and_report(
    store: Any, snapshot: Any, trained: Train
) -> None:
    result = trained(
        snapshot(columns_of(0, 20)),
        gate={
            "slices": [
                {"name": "storm", "expression": "wind > 1 AND hour >= 5", "thresholds": REACHED},
                {"name": "never", "expression": "hour > 24", "thresholds": MISSED},
                {"name": "by-carrier", "column": "carrier", "thresholds": REACHED},
            ],
            "fairness": [
                {"column": "carrier", "metric": "accuracy", "maximumDifference": "0.9"},
            ],
            "maximumCalibrationGap": "0.9",
        },
        features={"numeric": ["wind"]},
    )
    assert result.verdict is Verdict.PASSED
    assert _results(result) == {
        "rows": PASSED,
        "calibration": PASSED,
        "slice storm": PASSED,
        "slice never": INCONCLUSIVE,
        "slice by-carrier AA": PASSED,
        "slice by-carrier B6": PASSED,
        "slice by-carrier UA": PASSED,
        "fairness carrier": PASSED,
    }
    document = json.loads(store.objects[f"{FOLDER}/uid-1/metrics.json"])
    tests = {test["name"]: test for test in document["gate"]["tests"]}
    assert list(tests) == [test.name for test in result.gate]
    assert tests["slice never"] == {
        "name": "slice never",
        "result": "Inconclusive",
        "numbers": {"rows": 0.0},
    }
    carriers = [tests[f"slice by-carrier {carrier}"]["numbers"] for carrier in ("AA", "B6", "UA")]
    assert sum(numbers["rows"] for numbers in carriers) == result.test_rows
    accuracies = [numbers["accuracy"] for numbers in carriers]
    assert tests["fairness carrier"]["numbers"] == {
        "best": max(accuracies),
        "worst": min(accuracies),
        "difference": max(accuracies) - min(accuracies),
    }
    metrics = {each["name"]: float(each["value"]) for each in document["metrics"]}
    assert metrics["calibration_gap"] == pytest.approx(
        tests["calibration"]["numbers"]["calibration_gap"], abs=1e-6
    )
    assert 0 < metrics["expected_calibration_error"] < 0.2
    report = store.objects[f"{FOLDER}/uid-1/report.html"].decode()
    assert "Do the groups of &#x27;carrier&#x27; fare alike?" in report


def test_a_slice_below_its_threshold_refuses_with_its_name_and_numbers(
    store: Any, snapshot: Any, trained: Train
) -> None:
    slices = [{"name": "calm", "expression": "wind < 0", "thresholds": MISSED}]
    result = trained(snapshot(columns_of(0, 20)), gate={"slices": slices})
    assert (result.verdict, result.verdict_reason) == (Verdict.REFUSED, "SliceBelowThreshold")
    assert "; the gate asks for accuracy of at least 0.999 (found 0." in result.message
    assert " in slice 'calm' of " in result.message
    assert _results(result) == {"rows": PASSED, "slice calm": FAILED}
    assert files_of(store, "uid-1") == REFUSED


def test_a_refusal_by_many_slices_fits_the_status(snapshot: Any, trained: Train) -> None:
    all_missed = [
        {"metric": metric, bound: value}
        for metric, bound, value in (
            ("accuracy", "minimum", "0.9999999999"),
            ("balanced_accuracy", "minimum", "0.9999999999"),
            ("average_precision", "minimum", "0.9999999999"),
            ("f1", "minimum", "0.9999999999"),
            ("roc_auc", "minimum", "0.9999999999"),
            ("log_loss", "maximum", "0.0000000001"),
        )
    ]
    slices = [
        {"name": f"{'a' * 38}{number:02}", "expression": "true", "thresholds": all_missed}
        for number in range(16)
    ]
    result = trained(snapshot(columns_of(0, 20)), gate={"slices": slices})
    assert len(result.message) == 4096
    assert result.message.endswith("…")
    assert len(result.gate) == 16
    assert {test.result for test in result.gate} == {FAILED}


@pytest.mark.parametrize(
    ("gate", "message"),
    [
        pytest.param(
            {"slices": [{"name": "storm", "expression": "gust > 1", "thresholds": REACHED}]},
            "`gate.slices[storm].expression`: there is no column 'gust'; there are day, wind, "
            "hour, carrier",
            id="expression",
        ),
        pytest.param(
            {"fairness": [{"column": "carrier", "metric": "r2", "maximumDifference": "1"}]},
            "`gate.fairness` names r2, a measure of a number (Regression), and the target is 2 "
            "classes (Classification); fitting are roc_auc, log_loss, brier, average_precision, "
            "accuracy, balanced_accuracy, f1; a target of numbers is taken as the Dataset's "
            "`target.task` says",
            id="metric",
        ),
    ],
)
def test_what_cannot_be_asked_is_refused_before_anything_is_fitted(
    gate: dict[str, Any], message: str, snapshot: Any, trained: Train
) -> None:
    with pytest.raises(TrainerError) as caught:
        trained(snapshot(columns_of(0, 20)), gate=gate)
    assert (caught.value.reason, caught.value.message) == (
        FailureReason.PARAMETER_INVALID,
        message,
    )


@pytest.fixture
def clock() -> Callable[[], float]:
    """Return a clock that goes on by 2 seconds whenever it is read."""
    seconds = count(0, 2)
    return lambda: float(next(seconds))


@pytest.fixture
def surroundings(surroundings: Surroundings, clock: Callable[[], float]) -> Surroundings:
    return replace(surroundings, seconds=clock)


def test_a_fit_beyond_its_limits_is_refused_with_what_was_measured(
    store: Any, snapshot: Any, trained: Train
) -> None:
    limits = {"trainingSeconds": 1, "modelBytes": 100_000_000, "predictionMilliseconds": "1999.5"}
    result = trained(snapshot(columns_of(0, 20)), gate={"limits": limits})
    assert (result.verdict, result.verdict_reason) == (Verdict.REFUSED, "LimitExceeded")
    assert result.message.endswith(
        "; there is no champion yet; the gate asks for trainingSeconds of at most 1 (found 2); "
        "predictionMilliseconds of at most 1999.5 (found 2000)"
    )
    assert _results(result) == {
        "rows": PASSED,
        "limit trainingSeconds": FAILED,
        "limit modelBytes": PASSED,
        "limit predictionMilliseconds": FAILED,
    }
    assert files_of(store, "uid-1") == REFUSED


def test_times_within_their_limits_are_in_the_lineage_and_in_no_other_file(
    store: Any, snapshot: Any, trained: Train
) -> None:
    limits = {"trainingSeconds": 3, "predictionMilliseconds": "2345"}
    result = trained(snapshot(columns_of(0, 20)), gate={"limits": limits})
    assert result.verdict is Verdict.PASSED
    messages = {test.name: test.message for test in result.gate}
    assert messages["limit predictionMilliseconds"] == "2000 measured; at most 2345 is asked"
    holding = [
        name
        for name in files_of(store, "uid-1")
        if b"2000 measured" in store.objects[f"{FOLDER}/uid-1/{name}"]
    ]
    assert holding == ["lineage.json"]
