"""Guards over a DNS that is a list of answers, and what they refuse."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tidewheel_contracts.job import EGRESS_VARIABLE, FailureReason
from tidewheel_trainer.egress.policy import Policy, read_policy
from tidewheel_trainer.egress.resolving import Found, ResolvingGuard
from tidewheel_trainer.failure import TrainerError

CLUSTER = {"clusterRanges": ["10.96.0.0/12", "10.244.0.0/16", "fd00:10:96::/112"]}


def policy(**fields: Any) -> Policy:
    wire = {"namespace": "ml", **CLUSTER, **fields}
    return read_policy({EGRESS_VARIABLE: json.dumps(wire), "KUBERNETES_SERVICE_HOST": "172.20.0.1"})


def answering(*answers: tuple[str, ...], canonical: str = "") -> Callable[[str, int], Found]:
    """Return a DNS that gives each of the answers once, and the last one from then on."""
    left = list(answers)

    def resolve(host: str, port: int) -> Found:
        return Found(canonical or host, left.pop(0) if len(left) > 1 else left[0])

    return resolve


def guard(*answers: tuple[str, ...], canonical: str = "", **fields: Any) -> ResolvingGuard:
    return ResolvingGuard(
        policy(**fields), answering(*answers, canonical=canonical), pause=lambda _: None
    )


def refusal(asked: Callable[[], object]) -> str:
    """Return the message of a refusal."""
    with pytest.raises(TrainerError) as caught:
        asked()
    assert caught.value.reason is FailureReason.SOURCE_FORBIDDEN
    return caught.value.message
