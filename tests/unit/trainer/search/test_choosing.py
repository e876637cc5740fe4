"""The best trial becomes the run's recipe, whether pods searched or one process did."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tests.unit.trainer.search.pods import Killed
from tests.unit.trainer.search.searches import (
    DEPTH,
    FOLDER,
    SHARE,
    bayes,
    outcomes_in,
    request_fields,
    tree,
)
from tests.unit.trainer.trainings import Train, columns_of, files_of

from tidewheel_contracts.api.v1alpha1.run_result import RunResult, Verdict
from tidewheel_contracts.artifact.model import ModelManifest
from tidewheel_contracts.job import FailureReason, ReduceRequest
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.search.reducer import reduce

CANDIDATES = (bayes(), tree(DEPTH, SHARE))
METHODS = [
    pytest.param({"trials": 6, "parallelism": 3}, id="Random"),
    pytest.param({"method": "TPE", "trials": 6, "parallelism": 3}, id="TPE"),
    pytest.param({"trials": 4, "folds": 3, "parallelism": 3}, id="folds"),
]
Run = Callable[..., Any]


def _published(store: Any) -> dict[str, bytes]:
    """Return the files of a run but its lineage, which holds names of hosts and programs."""
    return {
        name: store.objects[f"{FOLDER}/{name}"]
        for name in files_of(store, "uid-1")
        if name != "lineage.json" and "/" not in name
    }


@pytest.mark.parametrize("search", METHODS)
def test_pods_and_one_process_come_to_the_same_model(
    store: Any,
    data: Any,
    trained: Train,
    pods: Any,
    searched_by: Run,
    reduced: Run,
    search: dict[str, Any],
) -> None:
    alone = trained(data, candidates=CANDIDATES, search=search)
    expected, trials = _published(store), outcomes_in(store)
    store.forget_search(FOLDER)
    searched_by(pods(0, 1, 2), *CANDIDATES, **search)
    assert reduced(*CANDIDATES, **search) == alone
    assert (_published(store), outcomes_in(store)) == (expected, trials)


def test_the_winner_is_published_with_its_parameters(store: Any, data: Any, trained: Train) -> None:
    result = trained(data, candidates=(tree(DEPTH, SHARE),), search={"trials": 6})
    trials = outcomes_in(store)
    best = max(trials, key=lambda each: float(each.score or 0))
    assert (result.verdict, result.candidate) == (Verdict.PASSED, "tree")
    assert result.artifact is not None
    manifest = ModelManifest.model_validate_json(store.objects[result.artifact.manifest_key])
    assert manifest.recipe.parameters == best.parameters
    measured = json.loads(store.objects[f"{FOLDER}/metrics.json"])["validation"]
    assert measured == [
        {
            "candidate": each.candidate,
            "score": float(each.score or 0),
            "parameters": each.parameters,
        }
        for each in trials
    ]


def test_of_a_number_the_least_error_wins(store: Any, snapshot: Any, trained: Train) -> None:
    columns = columns_of(0, 20)
    columns["late"] = np.nan_to_num(columns["wind"]) + columns["hour"] / 10
    regressor = tree(DEPTH) | {"estimator": "sklearn.tree.DecisionTreeRegressor"}
    trained(snapshot(columns), candidates=(regressor,), search={"method": "TPE", "trials": 6})
    found = outcomes_in(store)
    assert all(float(each.score or 0) < 0 for each in found)
    best = max(found, key=lambda each: float(each.score or 0))
    manifest = ModelManifest.model_validate_json(store.objects[f"{FOLDER}/manifest.json"])
    assert manifest.recipe.parameters == best.parameters
    assert best.parameters["max_depth"] > min(each.parameters["max_depth"] for each in found)


def test_a_run_that_searches_is_finished_after_a_kill_before_any_write_of_a_trial_or_the_first_file(
    store: Any, data: Any, trained: Train
) -> None:
    search = {"candidates": CANDIDATES, "search": {"trials": 2}}
    store.expect_kill(None)
    whole = trained(data, **search)
    expected = _published(store)
    # A mark and an outcome of each trial, eight files, the manifest.
    assert store.writes == 2 * 2 + 8 + 1
    for number in range(2 * 2 + 1):
        store.forget_search(FOLDER)
        store.expect_kill(number)
        with pytest.raises(Killed):
            trained(data, **search)
        store.expect_kill(None)
        assert trained(data, **search) == whole
        assert _published(store) == expected


def test_a_search_that_was_reduced_is_reported_again(
    store: Any, searched_alone: Run, reduced: Run
) -> None:
    searched_alone(*CANDIDATES, trials=2)
    first = reduced(*CANDIDATES, trials=2)
    store.reads.clear()
    assert reduced(*CANDIDATES, trials=2) == first
    assert not [key for key in store.reads if "/parts/" in key]


def test_only_scored_trials_are_chosen_among(store: Any, searched_alone: Run, reduced: Run) -> None:
    searched_alone(*CANDIDATES, trials=3)
    best = max(outcomes_in(store), key=lambda each: float(each.score or 0))
    key = f"{FOLDER}/search/0000-000{best.number}.json"
    failed = best.model_copy(update={"score": None, "failure": "no memory"})
    store.objects[key] = failed.model_dump_json(by_alias=True).encode()
    result = reduced(*CANDIDATES, trials=3)
    assert result.verdict is Verdict.PASSED
    measured = json.loads(store.objects[f"{FOLDER}/metrics.json"])["validation"]
    assert (measured[best.number]["score"], measured[best.number]["note"]) == (None, "no memory")
    second = max(outcomes_in(store), key=lambda each: float(each.score or 0))
    assert result.candidate == second.candidate


def test_a_search_without_a_trial_is_fruitless(reduced: Run) -> None:
    with pytest.raises(TrainerError) as caught:
        reduced(*CANDIDATES)
    assert (caught.value.reason, caught.value.message) == (
        FailureReason.SEARCH_FRUITLESS,
        "the pods of the search left no trial in the store; apply a new TrainingRun",
    )


def test_a_trial_of_no_candidate_is_not_believed(
    store: Any, searched_alone: Run, reduced: Run
) -> None:
    searched_alone(bayes(), trials=1)
    with pytest.raises(TrainerError) as caught:
        reduced(bayes("other"), trials=1)
    assert (caught.value.reason, caught.value.message) == (
        FailureReason.ARTIFACT_DAMAGED,
        "the best trial in the run's folder is of candidate 'bayes', which the run does not have; "
        "apply a new TrainingRun",
    )


def test_too_few_rows_to_divide_are_inconclusive(
    store: Any, snapshot: Any, surroundings: Any, progress: Any
) -> None:
    few = snapshot(columns_of(0, 11, rows_per_day=250))
    request = ReduceRequest.model_validate(request_fields(few, *CANDIDATES, folds=10))
    result: RunResult = reduce(request, store, surroundings, progress).result
    assert (result.verdict, result.message) == (
        Verdict.INCONCLUSIVE,
        "the 1,750 rows to learn lie on 7 days; `search.folds` of 10 needs 11 of "
        "them; wait for more labelled rows",
    )


def test_a_run_without_a_search_is_not_reduced(
    store: Any, data: Any, surroundings: Any, progress: Any
) -> None:
    fields = request_fields(data, bayes())
    del fields["training"]["search"]
    with pytest.raises(TrainerError) as caught:
        reduce(ReduceRequest.model_validate(fields), store, surroundings, progress)
    assert caught.value.reason is FailureReason.REQUEST_INVALID


def test_the_report_and_the_metrics_tell_of_trials_that_were_given_up(
    store: Any, snapshot: Any, trained: Train
) -> None:
    unfit = {
        "name": "unfit",
        "estimator": "sklearn.linear_model.LogisticRegression",
        "parameters": {"l1_ratio": 0.5},
    }
    search = {"method": "Halving", "trials": 5}
    trained(snapshot(columns_of(0, 60)), candidates=(unfit, tree(SHARE)), search=search)
    measured = json.loads(store.objects[f"{FOLDER}/metrics.json"])["validation"]
    notes = [each.get("note", "") for each in measured]
    assert notes[0].startswith("candidate 'unfit': scikit-learn refused to fit ")
    assert sorted(notes[1:]) == ["", *["given up after 1,900 of 5,700 rows"] * 3]
    summary = store.objects[f"{FOLDER}/report.md"].decode()
    assert summary.count("given up after 1,900 of 5,700 rows") == 3
    assert summary.count("| chosen |") == 1
