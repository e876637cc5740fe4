"""Halving over rows: what each rung learns, and what pods and the run tell of it."""

from typing import Any

import pytest
from tests.unit.trainer.search.searches import FOLDER, SHARE, outcomes_in, request_fields, tree
from tests.unit.trainer.trainings import Train, columns_of

from tidewheel_contracts.api.v1alpha1.run_progress import TrialCounts
from tidewheel_contracts.job import CollectResult, SearchRequest, SearchResult
from tidewheel_trainer.progress import NO_DETAILS, Details
from tidewheel_trainer.search.pod import Pod
from tidewheel_trainer.search.searcher import search

HALVING = {"method": "Halving", "trials": 9, "parallelism": 2}


@pytest.fixture
def data(snapshot: Any) -> CollectResult:
    """Return sixty days, of which 38 are learned: enough rows for two rungs."""
    result: CollectResult = snapshot(columns_of(0, 60))
    return result


def test_the_best_third_learns_all_rows_and_the_others_are_pruned(
    store: Any, pods: Any, searched_by: Any
) -> None:
    answers = searched_by(pods(0, 1), tree(SHARE), **HALVING)
    found = outcomes_in(store)
    first, second = found[:9], found[9:]
    assert [(each.round_number, each.number, each.learned_rows) for each in first] == [
        (0, number, 1900) for number in range(9)
    ]
    ranked = sorted(first, key=lambda each: (-float(each.score or 0), each.number))
    assert [(each.round_number, each.number, each.learned_rows) for each in second] == [
        (1, number, 5700) for number in sorted(each.number for each in ranked[:3])
    ]
    best = max(second, key=lambda each: float(each.score or 0))
    expected = SearchResult(
        trials=9,
        finished=3,
        failed=0,
        pruned=6,
        best_candidate="tree",
        best_score=f"{float(best.score or 0):.6f}",
    )
    assert answers == {0: expected, 1: expected}


def test_pods_and_one_process_come_to_the_same_model(
    store: Any, data: CollectResult, trained: Train, pods: Any, searched_by: Any, reduced: Any
) -> None:
    alone = trained(data, candidates=(tree(SHARE),), search=HALVING)
    expected = outcomes_in(store)
    store.forget_search(FOLDER)
    searched_by(pods(1), tree(SHARE), **HALVING)
    assert outcomes_in(store) == expected
    assert reduced(tree(SHARE), **HALVING) == alone


def test_progress_tells_of_rounds_trials_and_the_best(
    data: CollectResult, store: Any, surroundings: Any
) -> None:
    lines: list[tuple[int, str]] = []
    told: list[Details] = []

    def progress(stage: str, percent: int, message: str, details: Details = NO_DETAILS) -> None:
        told.append(details)
        if stage == "Searching":
            lines.append((percent, message))

    fields = request_fields(data, tree(SHARE), method="Halving", trials=3, parallelism=1)
    search(SearchRequest.model_validate(fields), store, surroundings, progress, Pod(0, 1))
    scores = [float(each.score or 0) for each in outcomes_in(store)]
    best = [f"best {score:.4g} by tree" for score in (scores[0], max(scores[:2]), max(scores[:3]))]
    assert lines == [
        (20, "0 of 3 trials of round 1 of 2 are done; no score"),
        (33, f"1 of 3 trials of round 1 of 2 are done; {best[0]}"),
        (46, f"2 of 3 trials of round 1 of 2 are done; {best[1]}"),
        (60, f"3 of 3 trials of round 1 of 2 are done; {best[2]}"),
        (60, f"0 of 1 trials of round 2 of 2 are done; {best[2]}"),
        (100, f"1 of 1 trials of round 2 of 2 are done; best {scores[3]:.4g} by tree"),
    ]
    # The promoted trial is neither done nor given up while it runs again on more rows.
    assert [each.trials for each in told if each.trials] == [
        TrialCounts(planned=3, done=0, running=1),
        TrialCounts(planned=3, done=1, running=1),
        TrialCounts(planned=3, done=2, running=1),
        TrialCounts(planned=3, done=3, running=0),
        TrialCounts(planned=3, done=2, running=1),
        TrialCounts(planned=3, done=1, running=0, pruned=2),
    ]
