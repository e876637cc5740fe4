"""A function is called beside the work, until the work ends."""

import threading

import pytest

from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.repeating import repeatedly

AWAY = TrainerError(FailureReason.STORE_UNAVAILABLE, "the store does not answer")


def test_calls_go_on_after_one_that_fails_and_end_with_the_block() -> None:
    calls = []
    is_third = threading.Event()

    def call() -> None:
        calls.append(threading.current_thread() is threading.main_thread())
        if len(calls) == 2:
            raise AWAY
        if len(calls) == 3:
            is_third.set()

    with repeatedly(call, 0.001):
        assert is_third.wait(timeout=60)
    assert calls[:3] == [True, False, False]
    assert all(thread.name != "repeatedly" for thread in threading.enumerate())


def test_a_first_call_that_fails_is_told() -> None:
    def call() -> None:
        raise AWAY

    with pytest.raises(TrainerError) as caught, repeatedly(call, 1):
        pass
    assert caught.value is AWAY
