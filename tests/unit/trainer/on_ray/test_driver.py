"""What the parts of a search on Ray come to."""

import pytest

from tidewheel_contracts.job import Failure, FailureReason, SearchResult
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.on_ray.driver import summed_up

LOST = Failure(reason=FailureReason.RAY_UNAVAILABLE, message="lost")
WRONG = Failure(reason=FailureReason.PARAMETER_INVALID, message="no such parameter")


def found(finished: int) -> SearchResult:
    return SearchResult(trials=8, finished=finished, failed=0, pruned=0)


def test_part_that_saw_the_most_trials_speaks_and_one_that_did_well_is_enough() -> None:
    assert summed_up([LOST, found(5), found(8), found(7)]) == found(8)


def test_without_a_result_the_first_failure_speaks() -> None:
    with pytest.raises(TrainerError) as caught:
        summed_up([WRONG, LOST])

    assert caught.value.as_failure() == WRONG
