"""From verified bytes to a model that has proved itself on its sample rows."""

import orjson

from tidewheel_contracts.job import FailureReason
from tidewheel_server.engines.sklearn_engine import SklearnEngine
from tidewheel_server.errors import LoadError
from tidewheel_server.loading.artifact_files import VerifiedArtifact
from tidewheel_server.loading.model_file import open_model
from tidewheel_server.model_state import Identity, ServedModel
from tidewheel_server.protocol.inference import infer, sample_body
from tidewheel_server.tensors import input_tensors, output_tensors

__all__ = ["load_model"]


def load_model(artifact: VerifiedArtifact, identity: Identity) -> ServedModel:
    """Return the model, ready to answer.

    Raises:
        LoadError: the file holds no model of ours, or the model cannot predict its sample.
    """
    model = ServedModel(
        identity=identity,
        manifest=artifact.manifest,
        engine=SklearnEngine(open_model(artifact.model_data), artifact.manifest),
        inputs=input_tensors(artifact.manifest),
        outputs=output_tensors(artifact.manifest),
        header_lines=identity.header_lines,
    )
    _predict_sample(model)
    return model


def _predict_sample(model: ServedModel) -> None:
    """Answer a request for the sample rows, so that the first client meets nothing untried."""
    response = infer(model, sample_body(model.manifest)).response
    if response.status != 200:
        error = orjson.loads(response.body)["error"]
        raise LoadError(
            FailureReason.ARTIFACT_DAMAGED,
            f"The model cannot predict its own sample rows: {error}",
        )
