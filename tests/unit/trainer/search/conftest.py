"""Programs of a search on one store, as pods of a Job run them."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from tests.unit.trainer.conftest import silent
from tests.unit.trainer.search.pods import KillingStore, Pods
from tests.unit.trainer.search.searches import request_fields
from tests.unit.trainer.trainings import columns_of

from tidewheel_contracts.job import CollectResult, ReduceRequest, SearchRequest, SearchResult
from tidewheel_trainer.search.pod import Pod
from tidewheel_trainer.search.reducer import reduce
from tidewheel_trainer.search.searcher import search
from tidewheel_trainer.surroundings import Surroundings

Run = Callable[..., Any]


@pytest.fixture
def store() -> KillingStore:
    """Replace the plain store by one that can kill its reader."""
    return KillingStore()


@pytest.fixture
def data(snapshot: Any) -> CollectResult:
    """Return a snapshot of twenty days."""
    result: CollectResult = snapshot(columns_of(0, 20))
    return result


@pytest.fixture
def pods(surroundings: Surroundings, store: KillingStore) -> Callable[..., Pods]:
    """Return a builder of pods by the order of their turns, on the clock of the store."""

    def build(*order: int) -> Pods:
        store.clock.now = 0.0
        return Pods(order, surroundings, store.clock)

    return build


@pytest.fixture
def searched_by(store: KillingStore, data: CollectResult) -> Run:
    """Return a function that runs the pods of a search and returns what they answer, by index.

    All pods but the first one are `late` by so many seconds.
    """

    def run(
        pods: Pods, *candidates: dict[str, Any], late: float = 0.0, **search_fields: Any
    ) -> dict[int, Any]:
        request = SearchRequest.model_validate(request_fields(data, *candidates, **search_fields))
        assert request.training.search is not None
        count = request.training.search.parallelism

        def program(index: int, around: Surroundings) -> SearchResult:
            # What scheduling takes; nobody else knows of it.
            while index and around.seconds() < late:
                around.wait(1.0)
            return search(request, store, around, silent, Pod(index, count))

        return pods.run(program)

    return run


@pytest.fixture
def searched_alone(store: KillingStore, data: CollectResult, surroundings: Surroundings) -> Run:
    """Return a function that runs the only pod of a search, which never has to wait."""

    def run(*candidates: dict[str, Any], **search_fields: Any) -> SearchResult:
        fields = request_fields(data, *candidates, parallelism=1, **search_fields)
        request = SearchRequest.model_validate(fields)
        around = replace(surroundings, seconds=lambda: store.clock.now)
        return search(request, store, around, silent, Pod(0, 1))

    return run


@pytest.fixture
def reduced(store: KillingStore, data: CollectResult, surroundings: Surroundings) -> Run:
    """Return a function that reduces a search to its result."""

    def run(*candidates: dict[str, Any], **search_fields: Any) -> Any:
        request = ReduceRequest.model_validate(request_fields(data, *candidates, **search_fields))
        return reduce(request, store, surroundings, silent).result

    return run
