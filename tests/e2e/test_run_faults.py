"""Each way in which a training ends badly has its own reason, and a verdict is not a failure."""

from tests.e2e.lab import (
    FOREST,
    LOGISTIC,
    Lab,
    condition,
    dataset_spec,
    start_run,
    training,
    verdict_of,
    visits,
)

from tidewheel_contracts.api.v1alpha1.common import Candidate, Resources
from tidewheel_contracts.api.v1alpha1.training_run import TrainingRunSpec

_ENDS = ("Ready", "Stalled", "Failed", "Complete")


def _failed(lab: Lab, name: str, reason: str) -> str:
    """Return the message of a run that failed for this reason."""

    def missing() -> str | None:
        run = lab.get("trainingrun", name)
        is_over = bool(condition(run, "Failed") or condition(run, "Complete"))
        return None if is_over else str(condition(run, "Ready").get("message"))

    lab.wait_for(f"the end of run {name}", missing)
    run = lab.get("trainingrun", name)
    assert {type_: condition(run, type_).get("reason") for type_ in _ENDS} == {
        "Ready": reason,
        "Stalled": reason,
        "Failed": reason,
        "Complete": None,
    }
    assert lab.list("modelversion") == []
    message: str = condition(run, "Failed")["message"]
    return message


def test_target_of_one_class_is_told(lab: Lab) -> None:
    lab.put("shop", "1.parquet", visits(0, 30).assign(bought=1))
    lab.create("Dataset", "shop", dataset_spec(lab, "shop"))
    start_run(lab, "one-class", training())

    assert "bought" in _failed(lab, "one-class", "TargetHasOneClass")


def test_unknown_estimators_and_parameters_are_told(shop: Lab) -> None:
    unknown = Candidate(name="svc", estimator="sklearn.svm.SVC")
    misspelt = Candidate(name="forest", estimator=FOREST, parameters={"n_trees": 5})
    refused = Candidate(name="forest", estimator=FOREST, parameters={"max_depth": -3})
    for name, candidate in (("unknown", unknown), ("misspelt", misspelt), ("refused", refused)):
        start_run(shop, name, training(candidate))

    assert "HistGradientBoostingClassifier" in _failed(shop, "unknown", "EstimatorUnknown")
    assert "n_trees" in _failed(shop, "misspelt", "ParameterInvalid")
    assert "max_depth" in _failed(shop, "refused", "ParameterInvalid")


def test_training_killed_for_memory_says_what_to_raise(shop: Lab) -> None:
    start_run(shop, "small", training(resources=Resources(memory="40Mi")))

    assert "resources.memory" in _failed(shop, "small", "OutOfMemory")


def test_run_that_no_node_can_take_and_one_too_slow_end_by_their_deadlines(shop: Lab) -> None:
    huge = Resources(cpu_milli=200_000)
    endless = Candidate(name="forest", estimator=FOREST, parameters={"n_estimators": 1_000_000})
    start_run(shop, "huge", training(resources=huge, active_deadline_seconds=30))
    start_run(shop, "endless", training(endless, active_deadline_seconds=30))

    assert "node" in _failed(shop, "huge", "Unschedulable")
    assert "deadline" in _failed(shop, "endless", "DeadlineExceeded")


def test_missing_dataset_and_snapshot_are_reasons_to_wait(lab: Lab) -> None:
    start_run(lab, "early", training())
    lab.wait_ready("trainingrun", "early", ["DatasetMissing"])

    lab.create("Dataset", "shop", dataset_spec(lab, "shop"))
    lab.wait_ready("trainingrun", "early", ["SnapshotPending"])


def test_too_few_rows_are_inconclusive_and_no_failure(lab: Lab) -> None:
    lab.put("shop", "1.parquet", visits(0, 30, per_day=10))
    lab.create("Dataset", "shop", dataset_spec(lab, "shop"))
    start_run(lab, "small", training())

    assert verdict_of(lab, "small", "Inconclusive")["comparedWith"] == "Nothing"


def test_worse_recipe_is_refused_against_the_champion(shop: Lab) -> None:
    start_run(shop, "good", training())
    assert verdict_of(shop, "good", "Registered")["verdict"] == "Passed"
    by_noise = training(features={"numeric": ["noise"]})

    start_run(shop, "worse", by_noise)

    result = verdict_of(shop, "worse", "Refused")
    assert result["verdictReason"] == "WorseThanChampion"
    assert result["comparedWith"] == "Recipe"
    assert [item["spec"]["number"] for item in shop.list("modelversion")] == [1]


def test_better_recipe_passes_against_the_champion(shop: Lab) -> None:
    start_run(shop, "blind", training(features={"numeric": ["noise"]}))
    assert verdict_of(shop, "blind", "Registered")["verdictReason"] == "FirstModel"

    start_run(shop, "better", training())

    result = verdict_of(shop, "better", "Registered")
    assert result["verdict"] == "Passed"
    assert result["verdictReason"] == "RecipeProven"
    assert result["comparedWith"] == "Recipe"
    assert sorted(item["spec"]["number"] for item in shop.list("modelversion")) == [1, 2]


def test_minimum_of_the_gate_refuses_what_does_not_reach_it(shop: Lab) -> None:
    start_run(shop, "proud", training(gate={"minimum": "0.99"}))

    result = verdict_of(shop, "proud", "Refused")
    assert result["verdictReason"] == "ThresholdMissed"
    assert shop.list("modelversion") == []


def test_same_spec_and_snapshot_give_the_same_bytes(shop: Lab) -> None:
    candidates = (
        Candidate(name="logistic", estimator=LOGISTIC),
        Candidate(name="forest", estimator=FOREST, parameters={"n_estimators": 20}),
    )
    for name, model in (("one", "buyer"), ("two", "buyer-again")):
        spec = training(*candidates)
        wire = TrainingRunSpec(**spec.model_dump(), dataset_name="shop", model_name=model)
        shop.create("TrainingRun", name, wire)

    digests = {
        verdict_of(shop, name, "Registered")["artifact"]["digest"] for name in ("one", "two")
    }

    assert len(digests) == 1
