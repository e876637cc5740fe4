"""What goes wrong in a search: kills, trials that fail, no time, too few rows, foreign outcomes."""

from typing import Any

import pytest
from tests.unit.trainer.search.pods import Killed
from tests.unit.trainer.search.searches import (
    CRITERION,
    DEPTH,
    FOLDER,
    SHARE,
    bayes,
    outcomes_in,
    request_fields,
    tree,
)
from tests.unit.trainer.trainings import columns_of

from tidewheel_contracts.job import FailureReason, SearchRequest, SearchResult
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.search.pod import Pod
from tidewheel_trainer.search.searcher import search

CANDIDATES = (bayes(), tree(DEPTH, SHARE))
LOGISTIC = "sklearn.linear_model.LogisticRegression"
# scikit-learn knows what is wrong with it only when it is fitted.
UNFIT = {"name": "unfit", "estimator": LOGISTIC, "parameters": {"l1_ratio": 0.5}}
UNFIT_FAILURE = "candidate 'unfit': scikit-learn refused to fit "
LEFT = f"{FOLDER}/search/0000-0001.json"


def test_a_kill_between_any_two_writes_changes_nothing(store: Any, searched_alone: Any) -> None:
    tpe = {"method": "TPE", "trials": 3}
    whole = searched_alone(*CANDIDATES, **tpe)
    expected, writes = outcomes_in(store), 2 * 3
    for number in range(writes):
        store.forget_search(FOLDER)
        store.expect_kill(number)
        with pytest.raises(Killed):
            searched_alone(*CANDIDATES, **tpe)
        store.expect_kill(None)
        assert searched_alone(*CANDIDATES, **tpe) == whole
        assert outcomes_in(store) == expected


def test_a_trial_that_fails_is_an_outcome(store: Any, searched_alone: Any) -> None:
    result = searched_alone(bayes(), UNFIT, trials=2)
    good, bad = outcomes_in(store)
    assert result == SearchResult(
        trials=2,
        finished=1,
        failed=1,
        pruned=0,
        best_candidate="bayes",
        best_score=f"{float(good.score or 0):.6f}",
    )
    assert bad.score is None
    assert (bad.failure or "").startswith(UNFIT_FAILURE)


def test_a_search_of_failures_is_fruitless(searched_alone: Any) -> None:
    with pytest.raises(TrainerError) as caught:
        searched_alone(UNFIT, UNFIT | {"name": "unfit-2"}, trials=2)
    assert caught.value.reason is FailureReason.SEARCH_FRUITLESS
    assert caught.value.message.startswith(
        f"none of the 2 trials has a score; the first failed: {UNFIT_FAILURE}"
    )


def test_no_trial_begins_after_its_time(store: Any, searched_alone: Any) -> None:
    # A mark and an outcome take 2 s each, so the third trial begins 8 s after the pod.
    store.seconds_per_write = 2
    result = searched_alone(*CANDIDATES, trials=5, maxSeconds=10)
    assert (result.trials, result.finished, result.failed, result.pruned) == (5, 3, 0, 0)
    assert [each.score is not None for each in outcomes_in(store)] == [True] * 3 + [False] * 2


def test_a_pod_without_time_awaits_nobody(store: Any, pods: Any, searched_by: Any) -> None:
    store.seconds_per_write = 10
    alone = pods(0)
    answers = searched_by(alone, *CANDIDATES, trials=4, parallelism=2, maxSeconds=15)
    assert (answers[0].trials, answers[0].finished) == (4, 1)
    assert [(each.number, each.score is not None) for each in outcomes_in(store)] == [
        (0, True),
        (2, False),
    ]
    # Two writes of its first trial, one of the trial that did not begin.
    assert alone.clock.now == 30


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param(
            {"parameters": {"max_depth": 1}},
            "an earlier attempt of this run left a trial of other parameters in "
            f"'{LEFT}': its image was another one; apply a new TrainingRun",
            id="other parameters",
        ),
        pytest.param(
            {"candidate": "forest"},
            "an earlier attempt of this run left a trial of other parameters in "
            f"'{LEFT}': its image was another one; apply a new TrainingRun",
            id="other candidate",
        ),
        pytest.param(
            {"score": "good"},
            f"this run left '{LEFT}', which was changed and cannot be read; remove it, or apply a "
            "new TrainingRun",
            id="changed",
        ),
    ],
)
def test_an_outcome_of_another_trial_is_not_believed(
    store: Any, searched_alone: Any, changes: dict[str, Any], message: str
) -> None:
    searched_alone(*CANDIDATES, trials=2)
    left = outcomes_in(store)[1].model_copy(update=changes)
    store.objects[LEFT] = left.model_dump_json(by_alias=True).encode()
    with pytest.raises(TrainerError) as caught:
        searched_alone(*CANDIDATES, trials=2)
    assert (caught.value.reason, caught.value.message) == (FailureReason.ARTIFACT_DAMAGED, message)


@pytest.mark.parametrize(
    ("days", "message"),
    [
        pytest.param(
            1,
            "no trial: all 250 labelled rows lie on one day; a split needs two",
            id="no test window",
        ),
        pytest.param(
            11,
            "no trial: the 1,750 rows to learn lie on 7 days; `search.folds` of 10 "
            "needs 11 of them",
            id="no folds",
        ),
    ],
)
def test_too_few_rows_are_no_trial(
    store: Any, snapshot: Any, surroundings: Any, days: int, message: str
) -> None:
    lines: list[str] = []
    few = snapshot(columns_of(0, days, rows_per_day=250))
    fields = request_fields(few, bayes(), folds=10)
    result = search(
        SearchRequest.model_validate(fields),
        store,
        surroundings,
        lambda stage, percent, message: lines.append(message),
        Pod(0, 2),
    )
    assert result == SearchResult(trials=0, finished=0, failed=0, pruned=0)
    assert outcomes_in(store) == []
    assert lines[-1] == message


def test_a_space_that_cannot_be_drawn_is_refused_before_any_row_is_read(
    store: Any, searched_alone: Any
) -> None:
    store.reads.clear()
    with pytest.raises(TrainerError) as caught:
        searched_alone(tree(CRITERION, criterion="gini"))
    assert caught.value.reason is FailureReason.SEARCH_INVALID
    assert not [key for key in store.reads if "/parts/" in key]


def test_a_run_without_a_search_has_no_pods(store: Any, data: Any, surroundings: Any) -> None:
    fields = request_fields(data, bayes())
    del fields["training"]["search"]
    with pytest.raises(TrainerError) as caught:
        search(SearchRequest.model_validate(fields), store, surroundings, print, Pod(0, 1))
    assert (caught.value.reason, caught.value.message) == (
        FailureReason.REQUEST_INVALID,
        "`training.search` is missing in the request; the programs `search` and `reduce` are for "
        "runs with a search, `train` is for all",
    )
