"""Conditions are stamped, merged and told as events."""

from datetime import timedelta

import pytest
from tests.builders import NOW, time_text
from tests.unit.operator.observations import conditions

from tidewheel_contracts.api.conditions import Condition
from tidewheel_contracts.api.v1alpha1.common import Status
from tidewheel_contracts.api.v1alpha1.dataset import Reason
from tidewheel_operator.policies.conditions import condition, ready, stalled, summary, working
from tidewheel_operator.policies.events import Event, events_of
from tidewheel_operator.policies.observed import Metadata

METADATA = Metadata(name="flights", namespace="ml", uid="uid", generation=3)
EARLIER = NOW - timedelta(hours=1)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        pytest.param(
            ready(Reason.SNAPSHOT_READY, "words"),
            conditions("SnapshotReady", "words", ready="True", generation=3),
            id="ready",
        ),
        pytest.param(
            working(Reason.COLLECTING, "words"),
            conditions("Collecting", "words", "Reconciling", generation=3),
            id="working",
        ),
        pytest.param(
            stalled(Reason.INVALID, "words"),
            conditions("Invalid", "words", "Stalled", generation=3),
            id="stalled",
        ),
    ],
)
def test_conditions_in_kstatus_polarity(
    said: tuple[Condition, ...], expected: tuple[Condition, ...]
) -> None:
    assert summary((), METADATA, NOW, said) == expected


def test_times_move_only_where_a_status_flips() -> None:
    before = conditions("Collecting", "words", "Reconciling", since=EARLIER)

    after = summary(before, METADATA, NOW, stalled(Reason.INVALID, "other words"))

    assert [(item.type, item.last_transition_time) for item in after] == [
        ("Ready", time_text(EARLIER)),
        ("Stalled", time_text(NOW)),
    ]


def test_message_is_cut_to_what_the_schema_takes() -> None:
    assert len(condition("Ready", "Any", "x" * 9000).message) == 4000


READY = conditions("Serving", "version 1 serves", ready="True")
STALLED = conditions("LoadFailed", "version 2 does not start", "Stalled")


@pytest.mark.parametrize(
    ("before", "after", "events"),
    [
        pytest.param((), READY, [Event("Normal", "Serving", "version 1 serves")], id="the first"),
        pytest.param(READY, READY, [], id="nothing for the same"),
        pytest.param(
            conditions("Serving", "version 1 serves", ready="True"),
            conditions("Serving", "version 2 serves", ready="True"),
            [],
            id="nothing for other words of the same reason",
        ),
        pytest.param(
            READY,
            STALLED,
            [Event("Warning", "LoadFailed", "version 2 does not start")],
            id="one warning when a person must act",
        ),
        pytest.param(
            READY,
            (*READY, *conditions("PinnedBySpec", "version 1 was chosen", "Pinned")[1:]),
            [Event("Normal", "PinnedBySpec", "version 1 was chosen")],
            id="one for a special condition",
        ),
        pytest.param(
            (),
            conditions("Registered", "version 1", "Complete", ready="True"),
            [Event("Normal", "Registered", "version 1")],
            id="one for two conditions in the same words",
        ),
        pytest.param(READY, (), [], id="nothing when a condition goes"),
    ],
)
def test_events_of_a_change(
    before: tuple[Condition, ...], after: tuple[Condition, ...], events: list[Event]
) -> None:
    assert list(events_of(Status(conditions=before), Status(conditions=after))) == events
