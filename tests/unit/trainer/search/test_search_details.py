"""What a pod tells of a search while it goes on."""

from typing import Any

from tidewheel_contracts.api.v1alpha1.run_progress import (
    Curve,
    CurveOf,
    CurvePoint,
    TrialCounts,
)
from tidewheel_contracts.artifact.search_trial import SearchTrial
from tidewheel_trainer.progress import Details
from tidewheel_trainer.search.search_details import search_details


def trial(
    number: int, score: str | None = None, round_number: int = 0, rows: int = 100, **fields: Any
) -> SearchTrial:
    return SearchTrial(
        round_number=round_number,
        number=number,
        candidate="tree",
        parameters={"max_depth": number},
        score=score,
        learned_rows=rows,
        **fields,
    )


def best_scores(*values: str) -> Curve:
    points = tuple(CurvePoint(step=step, value=value) for step, value in enumerate(values, 1))
    return Curve(of=CurveOf.BEST_SCORE, points=points)


def test_nothing_has_ended_yet() -> None:
    assert search_details(4, (), {0, 1, 2, 3}, 2) == Details(
        trials=TrialCounts(planned=4, running=2)
    )


def test_counts_best_and_best_score_by_trial() -> None:
    outcomes = (trial(2, "0.6"), trial(0, "0.5"), trial(1, failure="no"), trial(3, "0.55"))

    assert search_details(6, outcomes, {4, 5}, 1) == Details(
        trials=TrialCounts(planned=6, done=3, running=1, failed=1),
        best_candidate="tree",
        best_score="0.600000",
        curve=best_scores("0.500000", "0.500000", "0.600000", "0.600000"),
    )


def test_a_score_on_more_rows_is_the_best_then() -> None:
    rounds = (trial(0, "0.7"), trial(1, "0.8"), trial(2, "0.6"), trial(1, "0.65", 1, rows=300))

    assert search_details(3, rounds, (), 0) == Details(
        trials=TrialCounts(planned=3, done=1, pruned=2),
        best_candidate="tree",
        best_score="0.650000",
        curve=best_scores("0.700000", "0.800000", "0.800000", "0.650000"),
    )


def test_a_trial_that_no_time_was_left_for_counts_nowhere() -> None:
    found = search_details(2, (trial(0, "0.5"), trial(1)), (), 0)

    assert found.trials == TrialCounts(planned=2, done=1)
