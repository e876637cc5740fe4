"""No write starts unless this replica surely leads."""

import pytest

from tidewheel_operator.runtime.fence import Fence, NotLeaderError, OpenGate


def passes(fence: Fence) -> bool:
    """Tell whether a write may start now."""
    try:
        fence.check()
    except NotLeaderError:
        return False
    return True


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        pytest.param(109.999, True, id="before its end"),
        pytest.param(110.0, False, id="at its end"),
        pytest.param(5000.0, False, id="long after it"),
    ],
)
def test_fence_that_is_open_until_110(now: float, expected: bool) -> None:
    fence = Fence(lambda: now)
    fence.open_until(110.0)

    assert passes(fence) is expected


def test_fence_is_closed_at_first() -> None:
    assert passes(Fence(lambda: 0.0)) is False


def test_fence_that_was_closed_stays_so() -> None:
    fence = Fence(lambda: 100.0)
    fence.open_until(110.0)
    fence.close()

    assert passes(fence) is False


def test_refusal_says_why() -> None:
    with pytest.raises(NotLeaderError, match="this replica does not hold the Lease"):
        Fence().check()


def test_gate_of_the_webhook_is_always_open() -> None:
    OpenGate().check()
