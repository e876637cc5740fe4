"""What is told by events while a decision is carried out."""

import pytest
from tests.builders import NOW, make_run
from tests.unit.operator.observations import conditions
from tests.unit.operator.reconcile.carrying import DATASET, STATUS, carried, logged
from tests.unit.operator.reconcile.worlds import away, events, make_world

from tidewheel_operator.policies.decision import Decision
from tidewheel_operator.reconcile.carry_out import Carried


def test_event_tells_the_new_reason_and_a_lost_event_stops_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    world, api = make_world(DATASET)
    carried(world, api, Decision(STATUS))
    assert events(api) == [("flights", "Normal", "Collecting", "words")]

    api.answers["create Event"] = away()
    stalled = STATUS.model_copy(update={"conditions": conditions("Invalid", "w", "Stalled")})

    assert carried(world, api, Decision(stalled)) is Carried.DONE
    assert len(events(api)) == 1
    assert logged(caplog) == [("event Invalid was not posted: the API server is away", "flights")]


def test_event_names_its_object_and_is_cut_to_what_the_server_takes() -> None:
    world, api = make_world(make_run(), DATASET)
    long = STATUS.model_copy(update={"conditions": conditions("Invalid", "x" * 3000, "Stalled")})

    carried(world, api, Decision(long))

    [(_, event)] = [(k, v) for k, v in api.server.objects.items() if v["kind"] == "Event"]
    moment = NOW.strftime("%Y-%m-%dT%H:%M:%SZ")
    expected = {
        "involvedObject": {
            "apiVersion": "tidewheel.dev/v1alpha1",
            "kind": "Dataset",
            "name": "flights",
            "namespace": "ml",
            "uid": "dataset-flights-1",
        },
        "reason": "Invalid",
        "message": "x" * 1000,
        "type": "Warning",
        "firstTimestamp": moment,
        "lastTimestamp": moment,
        "count": 1,
        "source": {"component": "tidewheel"},
        "reportingComponent": "tidewheel.dev/operator",
        "reportingInstance": "operator",
    }
    assert {key: event[key] for key in expected} == expected
