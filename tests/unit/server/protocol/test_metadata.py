"""What the server says of itself and of its model, in every state."""

from dataclasses import replace
from typing import Any

import orjson
import pytest

from tidewheel_contracts.api.v1alpha1.gate import Task
from tidewheel_contracts.job import Failure, FailureReason
from tidewheel_server.engines.choosing import Refused
from tidewheel_server.model_state import (
    Draining,
    Failed,
    Identity,
    Loading,
    ModelState,
    Ready,
    ServedModel,
    drained,
    served_model,
)
from tidewheel_server.protocol.metadata import describe
from tidewheel_server.protocol.routes import Endpoint
from tidewheel_server.tensors import output_tensors

LOADING = Loading("The model is being loaded")
FAILED = Failed(Failure(reason=FailureReason.ARTIFACT_DAMAGED, message="A byte is wrong"))


def described(endpoint: Endpoint, identity: Identity, state: ModelState) -> tuple[int, Any]:
    response = describe(endpoint, identity, state, "abc1234")
    return response.status, orjson.loads(response.body)


@pytest.mark.parametrize("state", [LOADING, FAILED, Draining(None)])
@pytest.mark.parametrize(
    ("endpoint", "document"),
    [
        (Endpoint.LIVE, {"live": True}),
        (
            Endpoint.SERVER_METADATA,
            {
                "name": "tidewheel",
                "version": "abc1234",
                "extensions": ["binary_tensor_data", "model_repository", "statistics"],
            },
        ),
        (Endpoint.MODELS, {"models": ["flights"]}),
        (Endpoint.ALIVE, {"status": "alive"}),
    ],
)
def test_server_answers_for_itself_whatever_the_model_does(
    identity: Identity, state: ModelState, endpoint: Endpoint, document: dict[str, Any]
) -> None:
    assert described(endpoint, identity, state) == (200, document)


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        pytest.param(LOADING, "The model is being loaded", id="loading"),
        pytest.param(FAILED, "A byte is wrong", id="failed"),
        pytest.param(Draining(None), "The server is shutting down", id="draining"),
    ],
)
def test_model_that_is_not_ready_says_why(
    identity: Identity, state: ModelState, reason: str
) -> None:
    assert described(Endpoint.READY, identity, state) == (503, {"ready": False, "error": reason})
    for endpoint in (Endpoint.MODEL_READY, Endpoint.V1_MODEL):
        assert described(endpoint, identity, state) == (
            503,
            {"name": "flights", "ready": False, "error": reason},
        )
    assert described(Endpoint.MODEL_METADATA, identity, state) == (
        503,
        {"error": f"The model is not ready: {reason}"},
    )


def test_ready_model_is_ready(identity: Identity, model: ServedModel) -> None:
    assert described(Endpoint.READY, identity, Ready(model)) == (200, {"ready": True})
    assert described(Endpoint.MODEL_READY, identity, Ready(model)) == (
        200,
        {"name": "flights", "ready": True},
    )


def test_draining_model_is_not_ready_but_answers(model: ServedModel) -> None:
    assert served_model(drained(Ready(model))) is model
    assert describe(Endpoint.READY, model.identity, drained(Ready(model)), "").status == 503


def test_model_metadata_tells_why_faster_engines_do_not_serve(
    identity: Identity, model: ServedModel
) -> None:
    refused = (Refused("native", "has no such tree"),)

    _, document = described(
        Endpoint.MODEL_METADATA, identity, Ready(replace(model, refused=refused))
    )

    assert document["properties"]["refused_engines"] == {"native": "has no such tree"}


def test_model_metadata_names_every_tensor(identity: Identity, model: ServedModel) -> None:
    assert described(Endpoint.MODEL_METADATA, identity, Ready(model)) == (
        200,
        {
            "name": "flights",
            "versions": ["2"],
            "platform": "fake",
            "inputs": [
                {"name": "delay", "datatype": "FP64", "shape": [-1]},
                {"name": "seats", "datatype": "INT64", "shape": [-1]},
                {"name": "night", "datatype": "BOOL", "shape": [-1]},
                {"name": "carrier", "datatype": "BYTES", "shape": [-1]},
            ],
            "outputs": [
                {"name": "predict", "datatype": "BYTES", "shape": [-1]},
                {"name": "probability", "datatype": "FP64", "shape": [-1, 2]},
            ],
            "properties": {
                "version_name": "flights-v2",
                "artifact_digest": identity.artifact_digest,
                "task": "Classification",
                "classes": ["on time", "late"],
                "refused_engines": {},
            },
        },
    )


@pytest.mark.parametrize(
    ("changes", "outputs"),
    [
        pytest.param(
            {"classes": ("1", "2", "3"), "classes_datatype": "INT64"},
            [
                {"name": "predict", "datatype": "INT64", "shape": [-1]},
                {"name": "probability", "datatype": "FP64", "shape": [-1, 3]},
            ],
            id="three classes",
        ),
        pytest.param(
            {"task": Task.REGRESSION, "classes": (), "classes_datatype": "FP64"},
            [{"name": "predict", "datatype": "FP64", "shape": [-1]}],
            id="a number",
        ),
    ],
)
def test_model_metadata_lists_the_outputs_of_its_task(
    identity: Identity, model: ServedModel, changes: dict[str, Any], outputs: list[Any]
) -> None:
    manifest = model.manifest.model_copy(update=changes)
    other = replace(model, manifest=manifest, outputs=output_tensors(manifest))

    status, document = described(Endpoint.MODEL_METADATA, identity, Ready(other))

    assert (status, document["outputs"]) == (200, outputs)
    assert document["properties"]["task"] == manifest.task
    assert document["properties"]["classes"] == list(manifest.classes)


@pytest.mark.parametrize(
    ("endpoint", "error"),
    [
        (Endpoint.EXPLAIN, "The server explains no predictions; the model's report does"),
        (
            Endpoint.REPOSITORY_CONTROL,
            "A server serves the one version that its ModelDeployment names: change that to load "
            "or unload a model",
        ),
    ],
)
def test_what_the_server_does_not_do_is_said(
    identity: Identity, model: ServedModel, endpoint: Endpoint, error: str
) -> None:
    assert described(endpoint, identity, Ready(model)) == (501, {"error": error})
