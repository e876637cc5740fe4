"""From verified bytes to a model that has proved itself on its sample rows."""

from dataclasses import replace

import orjson

from tidewheel_contracts.job import FailureReason
from tidewheel_server.engines.choosing import chosen_engine
from tidewheel_server.engines.tiers import FASTER
from tidewheel_server.errors import LoadError
from tidewheel_server.loading.artifact_files import VerifiedArtifact
from tidewheel_server.model_state import Identity, ServedModel
from tidewheel_server.protocol.direct import direct_call
from tidewheel_server.protocol.inference import infer, sample_body
from tidewheel_server.tensors import input_tensors, output_tensors

__all__ = ["load_model"]


def load_model(
    artifact: VerifiedArtifact, identity: Identity, engine: str | None = None
) -> ServedModel:
    """Return the model, ready to answer.

    Args:
        artifact: what to serve.
        identity: what it answers as.
        engine: the only kind of engine that may serve beside scikit-learn; None for any.

    Raises:
        LoadError: the file holds no model of ours, or the model cannot predict its sample.
    """
    manifest = artifact.files.manifest
    choice = chosen_engine(artifact.files, artifact.probes, FASTER, engine)
    model = ServedModel(
        identity=identity,
        manifest=manifest,
        engine=choice.engine,
        tolerance=choice.tolerance,
        refused=choice.refused,
        inputs=input_tensors(manifest),
        outputs=output_tensors(manifest),
        header_lines=identity.header_lines,
        profile=artifact.profile,
    )
    _predict_sample(model)
    return replace(model, direct=direct_call(model))


def _predict_sample(model: ServedModel) -> None:
    """Answer a request for the sample rows, so that the first client meets nothing untried."""
    response = infer(model, sample_body(model.manifest)).response
    if response.status != 200:
        error = orjson.loads(response.body)["error"]
        raise LoadError(
            FailureReason.ARTIFACT_DAMAGED,
            f"The model cannot predict its own sample rows: {error}",
        )
