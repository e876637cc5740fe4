"""No alert is turned away because the cache is late."""

import pytest
from tests.builders import make_dataset, make_pipeline, make_snapshot
from tests.unit.operator.observations import as_sent
from tests.unit.operator.policies.loops import learned
from tests.unit.operator.reconcile.worlds import events, make_world
from tests.unit.operator.web.notifications import (
    NOT_OURS,
    OPENED,
    Post,
    alert,
    answered,
    make_loop,
    payload,
    result,
)

from tidewheel_contracts.api.v1alpha1.dataset import DatasetStatus
from tidewheel_operator.runtime.api import Refused
from tidewheel_operator.runtime.resources import DATASETS, MODEL_PIPELINES

LEARNED = make_dataset(status=DatasetStatus(snapshot=make_snapshot()))
GROWN = DatasetStatus(snapshot=make_snapshot("snapshot two", 1100)).to_wire()


def test_pipeline_that_the_cache_does_not_know_yet_gets_its_run(post: Post) -> None:
    world, api = make_world(make_dataset(status=DatasetStatus.model_validate(GROWN)))
    pipeline = make_pipeline(status=learned())
    api.server.create(MODEL_PIPELINES, as_sent(pipeline))
    api.server.set_status(MODEL_PIPELINES, pipeline, pipeline["status"])

    assert post(world, [payload(alert())]) == [answered(OPENED)]


def test_snapshot_that_the_cache_does_not_know_yet_is_something_to_learn(post: Post) -> None:
    world, api = make_world(LEARNED, make_pipeline(status=learned()))
    api.server.set_status(DATASETS, LEARNED, GROWN)

    assert post(world, [payload(alert())]) == [answered(OPENED)]
    assert events(api) == []


def test_dataset_that_is_gone_is_waited_for(post: Post) -> None:
    world, api = make_world(LEARNED, make_pipeline(status=learned()))
    api.server.remove(DATASETS, LEARNED)

    message = "the Dataset has no snapshot yet"
    assert post(world, [payload(alert())]) == [answered(result("WaitingForData", message))]


def test_alert_comes_again_while_nothing_can_be_confirmed(post: Post) -> None:
    world, api = make_world(LEARNED, make_pipeline(status=learned()))
    api.answers["get Dataset"] = Refused(403, "forbidden")

    [(status, answer)] = post(world, [payload(alert())])

    message = "Dataset 'flights' cannot be read: forbidden"
    assert (status, answer) == (503, {"error": f"the run could not be created yet: {message}"})


@pytest.mark.parametrize("name", ["other", "../flight-delay", ""])
def test_name_of_no_pipeline_is_looked_for_once(name: str, post: Post) -> None:
    world, api = make_loop()

    answers = post(world, [payload(alert(pipeline=name))])

    assert answers == [answered(result("NotOurs", NOT_OURS))]
    assert api.calls == ["list ModelPipeline"]


def test_alert_that_names_no_pipeline_asks_the_server_nothing(post: Post) -> None:
    """Whoever routes all alerts here must not make a LIST of each."""
    world, api = make_loop()

    answers = post(world, [payload(alert(severity="page"))])

    assert answers == [answered(result("NotOurs", NOT_OURS))]
    assert api.calls == []
