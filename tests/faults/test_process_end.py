"""Which ends of the operator are excused."""

import json

from tests.faults.loop.process_end import process_problems

AFRESH = json.dumps({"message": "watches have ended; the process ends to start afresh"})


def traceback(logger: str, file: str = "some.py") -> str:
    told = f"Traceback (most recent call last): File {file}"
    return json.dumps({"logger": logger, "message": "it failed", "traceback": told})


def test_process_that_is_killed_as_often_as_it_should_is_well() -> None:
    assert process_problems([-9, -9], 2, "") == []


def test_process_that_was_not_killed_when_it_should_is_a_problem() -> None:
    assert process_problems([], 1, "") == ["it was killed 0 times instead of 1 times"]


def test_end_of_its_own_is_a_problem_unless_watches_may_end_and_it_says_so() -> None:
    ended = ["the process ended by itself with [1]"]

    assert process_problems([1], 0, AFRESH, may_end_watching=True) == []
    assert process_problems([1], 0, AFRESH) == ended
    assert process_problems([1], 0, "", may_end_watching=True) == ended


def test_traceback_is_a_problem_unless_it_tells_why_watches_ended() -> None:
    kopfs, ours = traceback("kopf._core.reactor"), traceback("tidewheel_operator.process")
    unfinished = traceback("asyncio", "site-packages/kopf/api.py")
    log = f"{kopfs}\n{AFRESH}\n{unfinished}"

    assert process_problems([1], 0, log, may_end_watching=True) == []
    assert process_problems([], 0, kopfs, may_end_watching=True) == [
        f"the log has a traceback: {kopfs}"
    ]
    assert process_problems([1], 0, f"{log}\n{ours}", may_end_watching=True) == [
        f"the log has a traceback: {ours}"
    ]


def test_traceback_in_plain_text_is_a_problem() -> None:
    assert process_problems([], 0, "Traceback (most recent call last):") == [
        "the log has a traceback: Traceback (most recent call last):"
    ]
