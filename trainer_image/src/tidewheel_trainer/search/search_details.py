"""What a pod tells of a search while it goes on: trials, the best so far, and how it came; pure."""

from collections.abc import Collection, Iterable, Sequence

from tidewheel_contracts.api.v1alpha1.run_progress import Curve, CurveOf, TrialCounts
from tidewheel_contracts.artifact.search_trial import SearchTrial
from tidewheel_trainer.curves import curve
from tidewheel_trainer.progress import Details
from tidewheel_trainer.search.tally import latest, winner
from tidewheel_trainer.train.numbers_shown import decimal_text

__all__ = ["search_details"]


def search_details(
    planned: int, outcomes: Sequence[SearchTrial], open_numbers: Collection[int], running: int
) -> Details:
    """Return what is known of a search.

    Args:
        planned: how many trials are planned so far.
        outcomes: of all trials that any pod has run.
        open_numbers: of the trials of the present round that have no outcome in it yet; an earlier
            score on fewer rows does not make them given up.
        running: how many of those pods have begun.
    """
    best, ends = winner(outcomes), latest(outcomes)
    closed = [each for each in ends if each.number not in open_numbers]
    scored = [each for each in closed if each.score is not None]
    done = [each for each in scored if best and each.learned_rows == best.learned_rows]
    return Details(
        trials=TrialCounts(
            planned=planned,
            done=len(done),
            running=running,
            failed=sum(each.failure is not None for each in closed),
            pruned=len(scored) - len(done),
        ),
        best_candidate=best.candidate if best else "",
        best_score=decimal_text(float(best.score)) if best and best.score else None,
        curve=_best_scores(outcomes),
    )


def _best_scores(outcomes: Iterable[SearchTrial]) -> Curve | None:
    """Return the best score after each trial; one on more rows than all before is the best then."""
    best: tuple[int, float] | None = None
    values: list[float] = []
    for each in sorted(outcomes, key=lambda trial: (trial.round_number, trial.number)):
        if each.score is not None:
            found = (each.learned_rows, float(each.score))
            best = found if best is None else max(best, found)
        if best is not None:
            values.append(best[1])
    return curve(CurveOf.BEST_SCORE, values)
