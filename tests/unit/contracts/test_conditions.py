"""How conditions are merged: the transition time moves only when the status flips."""

import pytest

from tidewheel_contracts.api.conditions import Condition, ConditionStatus, merge_conditions

EARLY = "2026-01-01T00:00:00Z"
LATE = "2026-01-02T00:00:00Z"


def condition(
    kind: str = "Ready", status: str = "True", time: str = EARLY, reason: str = "Serving"
) -> Condition:
    return Condition(
        type=kind, status=ConditionStatus(status), last_transition_time=time, reason=reason
    )


@pytest.mark.parametrize(
    ("current", "wanted", "merged"),
    [
        pytest.param([], [condition(time=LATE)], [condition(time=LATE)], id="a new condition"),
        pytest.param(
            [condition(time=EARLY)],
            [condition(time=LATE)],
            [condition(time=EARLY)],
            id="the same status keeps its time",
        ),
        pytest.param(
            [condition(time=EARLY, reason="Starting")],
            [condition(time=LATE, reason="Serving")],
            [condition(time=EARLY, reason="Serving")],
            id="another reason is no flip",
        ),
        pytest.param(
            [condition(status="Unknown", time=EARLY)],
            [condition(status="True", time=LATE)],
            [condition(status="True", time=LATE)],
            id="another status takes the new time",
        ),
        pytest.param(
            [condition(), condition("Stalled")],
            [condition(time=LATE)],
            [condition(time=EARLY)],
            id="what is not wanted any more goes",
        ),
        pytest.param(
            [condition("A"), condition("B")],
            [condition("B", time=LATE), condition("A", time=LATE)],
            [condition("B", time=EARLY), condition("A", time=EARLY)],
            id="the order is the wanted one",
        ),
    ],
)
def test_conditions_are_merged(
    current: list[Condition], wanted: list[Condition], merged: list[Condition]
) -> None:
    assert merge_conditions(current, wanted) == tuple(merged)
