"""Kubernetes says which pod of the search this is."""

import pytest

from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.search.pod import Pod, pod_of


def test_the_index_is_read() -> None:
    assert pod_of({"JOB_COMPLETION_INDEX": "3"}, 4) == Pod(index=3, count=4)


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        (
            {},
            "the environment variable JOB_COMPLETION_INDEX is not set; Kubernetes sets it in the "
            "pods of an indexed Job, so run `search` in one",
        ),
        *(
            (
                {"JOB_COMPLETION_INDEX": text},
                f"the environment variable JOB_COMPLETION_INDEX is '{text}', and the pods of a "
                "search with `search.parallelism` 4 have the indexes 0 to 3; make the Job's "
                "`completions` as many",
            )
            for text in ("4", "-1", "one", "", "²")
        ),
    ],
    ids=["missing", "too large", "negative", "text", "empty", "superscript"],
)
def test_an_index_that_no_pod_has_is_refused(environment: dict[str, str], message: str) -> None:
    with pytest.raises(TrainerError) as caught:
        pod_of(environment, 4)
    assert (caught.value.reason, caught.value.message) == (FailureReason.REQUEST_INVALID, message)
