"""Which of a search's pods this process is."""

from collections.abc import Mapping
from dataclasses import dataclass

from tidewheel_contracts.job import INDEX_VARIABLE, FailureReason
from tidewheel_trainer.failure import TrainerError

__all__ = ["ONLY_POD", "Pod", "pod_of"]


@dataclass(frozen=True, slots=True)
class Pod:
    """One of `count` pods that share a search's trials, by its index from 0."""

    index: int
    count: int


# A whole search in one process.
ONLY_POD = Pod(index=0, count=1)


def pod_of(environment: Mapping[str, str], count: int) -> Pod:
    """Return the pod that Kubernetes says this process is.

    Raises:
        TrainerError: RequestInvalid, when it says nothing or more than the search has pods.
    """
    text = environment.get(INDEX_VARIABLE)
    if text is None:
        raise _invalid(
            f"the environment variable {INDEX_VARIABLE} is not set; Kubernetes sets it in the pods "
            "of an indexed Job, so run `search` in one"
        )
    if not (text.isascii() and text.isdigit() and int(text) < count):
        raise _invalid(
            f"the environment variable {INDEX_VARIABLE} is {text!r}, and the pods of a search with "
            f"`search.parallelism` {count} have the indexes 0 to {count - 1}; make the Job's "
            "`completions` as many"
        )
    return Pod(int(text), count)


def _invalid(message: str) -> TrainerError:
    return TrainerError(FailureReason.REQUEST_INVALID, message)
