"""What a TrainingRun's Job found: the verdict, the numbers behind it, and the artifact."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from tidewheel_contracts.api.model import ApiModel, Count, Digest, Message, Time
from tidewheel_contracts.api.v1alpha1.common import Column, Metric
from tidewheel_contracts.api.v1alpha1.gate_result import GateTest
from tidewheel_contracts.api.v1alpha1.serving_engine import ServingEngine

__all__ = ["Artifact", "ComparedWith", "Images", "RunResult", "Verdict"]


class Verdict(StrEnum):
    """What the gate said."""

    PASSED = "Passed"
    UNTESTED = "Untested"  # passed without a test: a recipe was compared with itself
    REFUSED = "Refused"
    INCONCLUSIVE = "Inconclusive"  # too few rows to judge


class ComparedWith(StrEnum):
    """What the candidate was compared with."""

    NOTHING = "Nothing"  # there is no champion
    MODEL = "Model"  # the champion as it serves: it never saw the test window
    RECIPE = "Recipe"  # the champion's recipe, fitted on the candidate's rows


class Artifact(ApiModel):
    """Where a model's files are and what they are."""

    manifest_key: Annotated[
        str, Field(max_length=1024, description="Key of the artifact's manifest in the bucket.")
    ]
    manifest_digest: Annotated[Digest, Field(description="SHA-256 of the manifest.")]
    digest: Annotated[Digest, Field(description="SHA-256 over the model files alone.")]
    format: Annotated[Literal["Skops"], Field(description="Form of the model.")] = "Skops"
    size_bytes: Annotated[Count, Field(description="Bytes of the model files.")]
    signing_key: Annotated[
        str | None,
        Field(
            max_length=16,
            pattern=r"^[0-9a-f]{16}$",
            description="Key that signed the artifact: the first 16 digits of `sha256sum` over its "
            "public key's PEM. Absent when nobody did.",
        ),
    ] = None


class Images(ApiModel):
    """Resolved images of the programs that made a version."""

    trainer: Annotated[
        str, Field(max_length=255, description="Image of the training Job, with its digest.")
    ] = ""
    server: Annotated[
        str,
        Field(
            max_length=255,
            description="Image in which the published model was loaded and asked, with its digest.",
        ),
    ] = ""


class RunResult(ApiModel):
    """What the training Job reported."""

    verdict: Verdict
    verdict_reason: Annotated[str, Field(max_length=64)]
    message: Message = ""
    compared_with: ComparedWith
    candidate: Annotated[str, Field(max_length=40, description="Name of the chosen candidate.")]
    metrics: Annotated[
        tuple[Metric, ...],
        Field(max_length=16, json_schema_extra={"x-kubernetes-list-type": "atomic"}),
    ] = ()
    gate: Annotated[
        tuple[GateTest, ...],
        Field(
            max_length=16,
            description="Tests of the gate in their order; of more than 16 those that did not "
            "pass first.",
            json_schema_extra={"x-kubernetes-list-type": "atomic"},
        ),
    ] = ()
    test_rows: Annotated[Count, Field(description="Labelled rows of the test window.")] = 0
    training_rows: Annotated[
        Count, Field(description="Labelled rows that the published fit learned.")
    ] = 0
    trained_through: Annotated[
        Time | None, Field(description="Highest time that the published fit learned.")
    ] = None
    artifact: Artifact | None = None
    input_columns: Annotated[
        tuple[Column, ...],
        Field(max_length=32, json_schema_extra={"x-kubernetes-list-type": "atomic"}),
    ] = ()
    git_revision: Annotated[str, Field(max_length=64)] = ""
    engine: Annotated[ServingEngine | None, Field(description="What predicts it.")] = None
