"""Whether the loop turns, and if not, what it waits for."""

from typing import Any

import pytest
from tests.builders import make_dataset, make_version
from tests.unit.operator.observations import conditions, observed
from tests.unit.operator.policies.loops import learned, serving, view

from tidewheel_contracts.api.conditions import Condition
from tidewheel_contracts.api.v1alpha1.dataset import DatasetStatus
from tidewheel_contracts.api.v1alpha1.model_pipeline import ModelPipelineStatus
from tidewheel_operator.policies.model_pipeline_view import ModelPipelineView
from tidewheel_operator.policies.pipeline_conditions import health

SERVING = serving(conditions=conditions("Serving", "version 1 serves", ready="True"))
STARTING = serving(conditions=conditions("Starting", "version 1 starts", "Reconciling"))
UNFINISHED = DatasetStatus(conditions=conditions("SourceEmpty", "no object", "Stalled"))


def told(found: tuple[Condition, ...]) -> list[tuple[str, str, str, str]]:
    return [(item.type, item.status.value, item.reason, item.message) for item in found]


@pytest.mark.parametrize(
    ("given", "also", "reason", "message"),
    [
        pytest.param(
            {"has_dataset": False},
            "Stalled",
            "WaitingForData",
            "Dataset 'flights' must exist in the pipeline's namespace",
            id="there is no Dataset",
        ),
        pytest.param(
            {"snapshot": None},
            "Reconciling",
            "WaitingForData",
            "Dataset 'flights' has no snapshot yet",
            id="the Dataset says nothing yet",
        ),
        pytest.param(
            {"deployment_name": "theirs"},
            "Stalled",
            "DeploymentMissing",
            "ModelDeployment 'theirs' does not exist",
            id="the named ModelDeployment is missing",
        ),
        pytest.param(
            {"versions": ()},
            "Reconciling",
            "FirstModelPending",
            "the first run is being opened",
            id="no run was opened",
        ),
        pytest.param(
            {"versions": (), "status": learned(champion_number=None, active_run_name="run-1")},
            "Reconciling",
            "FirstModelPending",
            "run 'run-1' trains the first model",
            id="the first run is in flight",
        ),
        pytest.param(
            {"versions": (), "status": learned(champion_number=None)},
            "Stalled",
            "FirstModelPending",
            "run 'run-1' gave no version; its conditions tell why",
            id="the first run gave no version",
        ),
        pytest.param(
            {},
            "Reconciling",
            "DeploymentNotReady",
            "ModelDeployment 'flight-delay': not seen yet",
            id="its ModelDeployment was not seen",
        ),
        pytest.param(
            {"serves": STARTING},
            "Reconciling",
            "DeploymentNotReady",
            "ModelDeployment 'flight-delay': Starting, version 1 starts",
            id="its ModelDeployment starts",
        ),
    ],
)
def test_pipeline_is_not_ready_when(
    given: dict[str, Any], also: str, reason: str, message: str
) -> None:
    pipeline = view(**given)

    assert told(health(pipeline, pipeline.pipeline.status)) == [
        ("Ready", "False", reason, message),
        (also, "True", reason, message),
    ]


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({}, id="a version is registered"),
        pytest.param(
            {"versions": (), "status": learned()}, id="its version was deleted and serves on"
        ),
        pytest.param({"deployment_name": "theirs"}, id="it serves by a user's ModelDeployment"),
    ],
)
def test_pipeline_turns_when_its_model_serves_and(given: dict[str, Any]) -> None:
    pipeline = view(serves=SERVING, **given)

    assert told(health(pipeline, pipeline.pipeline.status)) == [
        ("Ready", "True", "Turning", "version 1 serves")
    ]


def test_words_of_the_dataset_are_passed_on() -> None:
    pipeline = view()
    waiting = ModelPipelineView(
        pipeline.pipeline,
        observed(make_dataset(status=UNFINISHED)),
        None,
        runs=(),
        versions=(observed(make_version()).spec,),
    )

    assert told(health(waiting, ModelPipelineStatus()))[0] == (
        "Ready",
        "False",
        "WaitingForData",
        "Dataset 'flights' has no snapshot yet: SourceEmpty, no object",
    )
