"""Count a search's trials and name the best one; pure."""

from collections.abc import Iterable, Sequence

from tidewheel_contracts.artifact.search_trial import SearchTrial
from tidewheel_contracts.job import FailureReason, SearchResult
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.search.planned import best_first
from tidewheel_trainer.train.numbers_shown import decimal_text

__all__ = ["fruitless", "latest", "search_result", "winner"]


def latest(outcomes: Iterable[SearchTrial]) -> tuple[SearchTrial, ...]:
    """Return the last outcome of each trial, in order of their numbers."""
    found: dict[int, SearchTrial] = {}
    for outcome in sorted(outcomes, key=lambda each: (each.number, each.round_number)):
        found[outcome.number] = outcome
    return tuple(found.values())


def winner(outcomes: Iterable[SearchTrial]) -> SearchTrial | None:
    """Return the best of the trials that learned the most rows; of equals, the earlier one.

    A score on fewer rows only tells which trials go on: it does not compete with one on more. Nor
    does the earlier score of a trial that failed with more rows.
    """
    scored = best_first(latest(outcomes))
    most = max((each.learned_rows for each in scored), default=0)
    return next((each for each in scored if each.learned_rows == most), None)


def search_result(trials: int, outcomes: Sequence[SearchTrial]) -> SearchResult:
    """Return what a pod reports of so many planned trials.

    A trial whose last score comes of fewer rows than the winner's was given up for better ones.
    """
    best, ends = winner(outcomes), latest(outcomes)
    scored = [each for each in ends if each.score is not None]
    finished = [each for each in scored if best and each.learned_rows == best.learned_rows]
    return SearchResult(
        trials=trials,
        finished=len(finished),
        failed=sum(each.failure is not None for each in ends),
        pruned=len(scored) - len(finished),
        best_candidate=best.candidate if best else "",
        best_score=decimal_text(float(best.score)) if best and best.score else None,
    )


def fruitless(outcomes: Sequence[SearchTrial], max_seconds: int | None) -> TrainerError:
    """Return why a search has nothing to choose, with the first trial's failure if there is one.

    The reason is MetricUnavailable where that is what all trials lack.
    """
    failed = [each for each in latest(outcomes) if each.failure is not None]
    if failed:
        sentence = (
            f"none of the {len(outcomes):,} trials has a score; the first failed: "
            f"{failed[0].failure}"
        )
    elif outcomes:
        sentence = (
            f"no trial began within the {max_seconds} s of `search.maxSeconds`, which count from "
            "the begin of a pod, before it reads the rows; raise it"
        )
    else:
        sentence = "the pods of the search left no trial in the store; apply a new TrainingRun"
    unmeasured = {each.failure_reason for each in failed} == {FailureReason.METRIC_UNAVAILABLE}
    reason = FailureReason.METRIC_UNAVAILABLE if unmeasured else FailureReason.SEARCH_FRUITLESS
    return TrainerError(reason, sentence)
