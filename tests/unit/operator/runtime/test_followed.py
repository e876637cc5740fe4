"""Kinds of others: whether they are watched, and why not."""

from tidewheel_operator.runtime.followed import Followed
from tidewheel_operator.runtime.resources import RAY_JOBS, WORKLOADS


def test_a_kind_is_watched_once_it_could_be_read() -> None:
    followed = Followed()
    said = [followed.problem(RAY_JOBS)]
    followed.lacks(RAY_JOBS, "404 page not found")
    said.append(followed.problem(RAY_JOBS))
    followed.has(RAY_JOBS)
    said.append(followed.problem(RAY_JOBS))

    assert said == ["", "404 page not found", None]
    assert followed.problem(WORKLOADS) == ""
