"""The counts of a search, its winner, and why there is none."""

from typing import Any

import pytest

from tidewheel_contracts.artifact.search_trial import SearchTrial
from tidewheel_contracts.job import FailureReason, SearchResult
from tidewheel_trainer.search.tally import fruitless, latest, search_result, winner


def _trial(number: int, round_number: int = 0, **more: Any) -> SearchTrial:
    return SearchTrial(
        number=number, round_number=round_number, candidate=f"c{number}", parameters={}, **more
    )


HALVED = (
    _trial(0, score="0.9", learned_rows=100),
    _trial(1, score="0.6", learned_rows=100),
    _trial(2, failure="no", learned_rows=100),
    _trial(3, score="0.7", learned_rows=100),
    _trial(4),
    _trial(3, 1, score="0.65", learned_rows=300),
    _trial(0, 1, failure="no memory", learned_rows=300),
)


def test_each_trial_counts_once_by_its_last_round() -> None:
    assert [(each.number, each.round_number) for each in latest(HALVED)] == [
        (0, 1),
        (1, 0),
        (2, 0),
        (3, 1),
        (4, 0),
    ]
    assert search_result(6, HALVED) == SearchResult(
        trials=6, finished=1, failed=2, pruned=1, best_candidate="c3", best_score="0.650000"
    )


def test_the_winner_learned_the_most_rows() -> None:
    assert winner(HALVED) == HALVED[5]


def test_a_trial_that_failed_with_more_rows_does_not_win_by_its_earlier_score() -> None:
    outcomes = (HALVED[0], HALVED[1], HALVED[6])
    assert winner(outcomes) == HALVED[1]


def test_of_equals_the_earlier_trial_wins() -> None:
    outcomes = [_trial(number, score="-1.50", learned_rows=9) for number in (2, 1)]
    assert winner(outcomes) == outcomes[1]


def test_scores_compare_as_numbers() -> None:
    outcomes = [_trial(number, score=text) for number, text in enumerate(("9", "10", "-100"))]
    assert winner(outcomes) == outcomes[1]


def test_without_a_score_there_is_no_best() -> None:
    assert search_result(2, (_trial(0), _trial(1, failure="no"))) == SearchResult(
        trials=2, finished=0, failed=1, pruned=0
    )


def test_a_score_that_status_cannot_hold_is_left_out() -> None:
    assert search_result(1, (_trial(0, score="-1" + "0" * 12),)) == SearchResult(
        trials=1, finished=1, failed=0, pruned=0, best_candidate="c0"
    )


@pytest.mark.parametrize(
    ("outcomes", "message"),
    [
        pytest.param(
            (_trial(1, failure="the second"), _trial(0, failure="the first")),
            "none of the 2 trials has a score; the first failed: the first",
            id="failed",
        ),
        pytest.param(
            (_trial(0), _trial(1)),
            "no trial began within the 10 s of `search.maxSeconds`, which count from the begin of "
            "a pod, before it reads the rows; raise it",
            id="out of time",
        ),
        pytest.param(
            (),
            "the pods of the search left no trial in the store; apply a new TrainingRun",
            id="nothing",
        ),
    ],
)
def test_a_fruitless_search_says_why(outcomes: tuple[SearchTrial, ...], message: str) -> None:
    error = fruitless(outcomes, 10)
    assert (error.reason, error.message) == (FailureReason.SEARCH_FRUITLESS, message)


@pytest.mark.parametrize(
    ("reasons", "expected"),
    [
        pytest.param(
            ("MetricUnavailable", "MetricUnavailable"),
            FailureReason.METRIC_UNAVAILABLE,
            id="no trial has a metric",
        ),
        pytest.param(
            ("MetricUnavailable", "ParameterInvalid"), FailureReason.SEARCH_FRUITLESS, id="only one"
        ),
        pytest.param(
            ("MetricUnavailable", None), FailureReason.SEARCH_FRUITLESS, id="one without a reason"
        ),
    ],
)
def test_a_metric_that_all_trials_lack_is_the_reason(
    reasons: tuple[str | None, ...], expected: FailureReason
) -> None:
    outcomes = [
        _trial(number, failure="no", failure_reason=reason) for number, reason in enumerate(reasons)
    ]

    assert fruitless(outcomes, None).reason is expected
