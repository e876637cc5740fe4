"""Decisions about one Dataset, and what carrying them out left behind."""

import asyncio
from typing import Any

import pytest
from tests.builders import NAMESPACE, make_dataset
from tests.unit.operator.observations import conditions
from tests.unit.operator.reconcile.worlds import NotingApi

from tidewheel_contracts.api.v1alpha1.dataset import DatasetStatus
from tidewheel_operator.policies.decision import Decision
from tidewheel_operator.reconcile.carry_out import Result, carry_out
from tidewheel_operator.reconcile.world import World
from tidewheel_operator.runtime.resources import DATASETS

__all__ = ["DATASET", "STATUS", "carried", "logged"]

DATASET = make_dataset()
STATUS = DatasetStatus(
    observed_generation=1,
    conditions=conditions("Collecting", "words", "Reconciling"),
    collections=1,
)


def carried(world: World, api: NotingApi, decision: Decision[Any]) -> Result:
    """Carry out a decision about the Dataset, as the cache has it."""
    item = world.cache.get(DATASETS, NAMESPACE, "flights")
    assert item is not None
    api.calls.clear()
    return asyncio.run(carry_out(world, DATASETS, item, decision))


def logged(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    """Return every record and the name of the object that it is about."""
    return [(one.getMessage(), vars(one)["object"]["name"]) for one in caplog.records]
