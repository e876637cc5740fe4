"""The repository index shows the one model in Triton's words."""

from typing import Any

import orjson
import pytest

from tidewheel_contracts.job import Failure, FailureReason
from tidewheel_server.model_state import Failed, Identity, Loading, Ready, ServedModel, drained
from tidewheel_server.protocol.repository import repository_index

DAMAGED = Failed(Failure(reason=FailureReason.ARTIFACT_DAMAGED, message="A byte is wrong"))


def asked(identity: Identity, state: Any, body: bytes = b"") -> tuple[int, Any]:
    response = repository_index(identity, state, body)
    return response.status, orjson.loads(response.body)


def test_every_state_has_its_word_and_reason(identity: Identity, model: ServedModel) -> None:
    ready = Ready(model)
    states = [Loading("Fetching"), ready, drained(ready), DAMAGED]

    assert [asked(identity, state) for state in states] == [
        (200, [{"name": "flights", "version": "2", "state": state, "reason": reason}])
        for state, reason in [
            ("LOADING", "Fetching"),
            ("READY", ""),
            ("UNLOADING", "The server is shutting down"),
            ("UNAVAILABLE", "A byte is wrong"),
        ]
    ]


def test_only_ready_models_are_listed_on_demand(identity: Identity, model: ServedModel) -> None:
    body = b'{"ready": true}'

    assert asked(identity, Loading("Fetching"), body) == (200, [])
    assert len(asked(identity, Ready(model), body)[1]) == 1
    assert len(asked(identity, Loading("Fetching"), b'{"ready": false}')[1]) == 1


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"ready": 1}'])
def test_other_bodies_are_refused(identity: Identity, body: bytes) -> None:
    assert asked(identity, Loading("Fetching"), body) == (
        400,
        {"error": 'The body must be empty or an object such as {"ready": true}'},
    )
