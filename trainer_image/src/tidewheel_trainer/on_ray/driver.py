"""Hand the parts of a search to the workers of a Ray cluster, and tell what they came to."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ray
from ray.exceptions import OutOfMemoryError, RayError

from tidewheel_contracts.job import (
    Failure,
    FailureReason,
    Result,
    SearchRequest,
    SearchResult,
    parse_termination_message,
)
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.on_ray.part import run_part
from tidewheel_trainer.search.searching import search_of

__all__ = ["search_on_ray", "summed_up"]

# A part whose worker was lost goes on with the trials that are in the store.
_RETRIES = 3


def search_on_ray(request: SearchRequest, request_path: Path) -> SearchResult:
    """Return what is known of all trials once every part has ended.

    Args:
        request: the search; `search.parallelism` parts are made of it.
        request_path: where the request lies, in the pods of the workers too.

    Raises:
        TrainerError: what the first part failed with, when all of them did; RayUnavailable or
            OutOfMemory, when that is what Ray tells of it.
    """
    parts = search_of(request).parallelism
    try:
        ray.init(log_to_driver=False)
    except (ConnectionError, RayError) as error:
        raise TrainerError(
            FailureReason.RAY_UNAVAILABLE, f"the driver cannot join its Ray cluster: {error}"
        ) from error
    try:
        run: Any = ray.remote(num_cpus=1, max_retries=_RETRIES)(run_part)
        begun = [run.remote(str(request_path), index) for index in range(parts)]
        return summed_up([_answer(part) for part in begun])
    finally:
        ray.shutdown()


def summed_up(answers: Sequence[Result | Failure]) -> SearchResult:
    """Return the result that tells of the most trials: each part counts all that it found.

    One part that did well is enough: it has run what the others left undone.

    Raises:
        TrainerError: the failure of the first part, when there is no result.
    """
    results = [answer for answer in answers if isinstance(answer, SearchResult)]
    if results:
        return max(results, key=lambda each: each.finished + each.failed + each.pruned)
    failures = [answer for answer in answers if isinstance(answer, Failure)]
    first = failures[0]
    raise TrainerError(first.reason, first.message, failures=first.failures)


def _answer(part: Any) -> Result | Failure:  # noqa: ANN401 - Ray's references have no type
    try:
        return parse_termination_message(ray.get(part))
    except OutOfMemoryError:
        return Failure(
            reason=FailureReason.OUT_OF_MEMORY,
            message="a worker of the Ray cluster ran out of memory; raise `resources.memory`",
        )
    except RayError as error:
        return Failure(
            reason=FailureReason.RAY_UNAVAILABLE,
            message=f"a part of the search was lost with its Ray worker {1 + _RETRIES} times: "
            f"{type(error).__name__}",
        )
