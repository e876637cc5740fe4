"""Waiting ends with the fact, or with the reason why it did not come."""

import pytest

from tidewheel_dev import errors, wait


def test_waiting_ends_as_soon_as_nothing_is_missing() -> None:
    answers = iter(["not yet", None])
    wait.until("it", lambda: next(answers), timeout_seconds=60, interval_seconds=0)
    assert next(answers, "asked twice") == "asked twice"


def test_waiting_in_vain_tells_the_last_reason() -> None:
    with pytest.raises(errors.DevError, match="waited 0 s for the node: no CNI"):
        wait.until("the node", lambda: "no CNI", timeout_seconds=0, interval_seconds=0)
