"""What an irrevocable decision rests on is read from the server, and the cache learns of it."""

import asyncio

import pytest
from tests.builders import NAMESPACE, make_dataset, make_snapshot
from tests.unit.operator.reconcile.worlds import found, make_world

from tidewheel_contracts.api.v1alpha1.dataset import DatasetStatus
from tidewheel_operator.reconcile.confirm import knew
from tidewheel_operator.reconcile.world import World
from tidewheel_operator.runtime.api import ApiUnavailableError, Refused
from tidewheel_operator.runtime.resources import DATASETS

DATASET = make_dataset()


def ask(world: World) -> bool:
    return asyncio.run(knew(world, DATASETS, NAMESPACE, "flights"))


def test_object_that_is_as_it_was_was_known() -> None:
    world, _ = make_world(DATASET)

    assert ask(world)


def test_object_that_changed_is_known_from_now_on() -> None:
    world, api = make_world(DATASET)
    status = DatasetStatus(snapshot=make_snapshot()).to_wire()
    api.server.set_status(DATASETS, DATASET, status)

    assert (ask(world), ask(world)) == (False, True)
    known = world.cache.get(DATASETS, NAMESPACE, "flights")
    assert known is not None
    assert known["status"] == found(api, DATASET)["status"]


def test_object_that_is_gone_is_forgotten() -> None:
    world, api = make_world(DATASET)
    api.server.remove(DATASETS, DATASET)

    assert (ask(world), ask(world)) == (False, True)
    assert world.cache.all(DATASETS) == []


def test_what_may_not_be_read_is_not_taken_for_gone() -> None:
    world, api = make_world(DATASET)
    api.answers["get Dataset"] = Refused(403, "forbidden")

    with pytest.raises(ApiUnavailableError, match=r"^Dataset 'flights' cannot be read: forbidden$"):
        ask(world)
    assert len(world.cache.all(DATASETS)) == 1
