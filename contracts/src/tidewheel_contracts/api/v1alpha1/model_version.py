"""ModelVersion: number N of a model, never changed."""

from enum import StrEnum
from typing import Annotated

from pydantic import ConfigDict, Field

from tidewheel_contracts.api.kind import Kind, PrinterColumn
from tidewheel_contracts.api.model import (
    ApiModel,
    Count,
    Digest,
    KindName,
    Moment,
    ObjectName,
    Time,
    Uid,
    VersionNumber,
    rules,
)
from tidewheel_contracts.api.v1alpha1.common import AGE, MESSAGE, READY, Column, Metric, Status
from tidewheel_contracts.api.v1alpha1.imported_model import ImportedModel
from tidewheel_contracts.api.v1alpha1.model_card import ModelCard
from tidewheel_contracts.api.v1alpha1.run_result import Artifact, Images, Verdict
from tidewheel_contracts.api.v1alpha1.run_status import Cause
from tidewheel_contracts.api.v1alpha1.serving_engine import ServingEngine

__all__ = [
    "MODEL_VERSION",
    "MOST_PERIODS",
    "EndedPeriod",
    "ModelVersionSpec",
    "ModelVersionStatus",
    "Reason",
    "RunReference",
    "ServingPeriod",
    "VersionCondition",
    "model_of_version",
    "version_name",
]


# Of the time before, and of deployments at once.
MOST_PERIODS = 20


def version_name(model: str, number: int) -> str:
    """Return the name of version `number` of a model."""
    return f"{model}-v{number}"


def model_of_version(name: str) -> str | None:
    """Return the model of a version's name; nothing for a name that no version has."""
    model, _, number = name.rpartition("-v")
    return model if model and number.isdecimal() else None


class VersionCondition(StrEnum):
    """Condition types beyond Ready."""

    APPROVED = "Approved"  # what people decided; absent while nobody has
    # What predicts it in the serving image that tested it; absent where an earlier one did.
    ENGINE_CHOSEN = "EngineChosen"


class Reason(StrEnum):
    """Reasons of a ModelVersion's conditions."""

    REGISTERED = "Registered"  # the version may be deployed
    APPROVED = "Approved"  # the newest decision that was not taken back approves the version
    REJECTED = "Rejected"  # the newest decision that was not taken back rejects it
    REVOKED = "ApprovalRevoked"  # every decision about it was taken back
    NATIVE = "Native"  # our own engine predicts it
    SKLEARN = "Sklearn"  # scikit-learn predicts it, as nothing faster answers alike
    INVALID = "Invalid"  # the stored object does not satisfy this version's schema


class RunReference(ApiModel):
    """The run that made the version; it may be gone, its uid still tells versions apart."""

    name: Annotated[ObjectName, Field(description="Name of the TrainingRun.")]
    uid: Annotated[Uid, Field(description="Its uid.")]
    pipeline_uid: Annotated[
        Uid | None, Field(description="Uid of the ModelPipeline that opened the run, if one did.")
    ] = None


class ModelVersionSpec(ApiModel):
    """Everything that identifies a trained model and where it came from. Immutable."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            ("self == oldSelf", "`spec` must not change: a ModelVersion is immutable")
        )
    )

    model_name: Annotated[KindName, Field(description="Model that this is a version of.")]
    number: Annotated[VersionNumber, Field(description="Number, never reused.")]
    artifact: Annotated[Artifact, Field(description="Where the model's files are.")]
    run: Annotated[RunReference, Field(description="Run that made it.")]
    cause: Annotated[Cause, Field(description="Why that run was opened.")]
    dataset_name: Annotated[KindName, Field(description="Dataset that was learned.")]
    snapshot_digest: Annotated[Digest, Field(description="Snapshot that was learned.")]
    trained_through: Annotated[
        Time | None, Field(description="Highest time of the learned rows.")
    ] = None
    training_rows: Annotated[Count, Field(description="Labelled rows that were learned.")]
    candidate: Annotated[str, Field(max_length=40, description="Chosen candidate of the run.")]
    verdict: Annotated[Verdict, Field(description="What the gate said.")]
    metrics: Annotated[
        tuple[Metric, ...],
        Field(
            max_length=16,
            description="Measures of the run.",
            json_schema_extra={"x-kubernetes-list-type": "atomic"},
        ),
    ] = ()
    input_columns: Annotated[
        tuple[Column, ...],
        Field(
            max_length=32,
            description="Inputs of the model, when there are at most 32.",
            json_schema_extra={"x-kubernetes-list-type": "atomic"},
        ),
    ] = ()
    images: Annotated[Images, Field(description="Resolved images that made it.")] = Images()
    git_revision: Annotated[
        str, Field(max_length=64, description="Revision of Tidewheel that trained it.")
    ] = ""
    engine: Annotated[
        ServingEngine | None,
        Field(description="What predicts it in the serving image that tested it."),
    ] = None
    imported: Annotated[
        ImportedModel | None,
        Field(description="File that it was imported from; absent where it was trained here."),
    ] = None
    card: Annotated[
        ModelCard | None, Field(description="What people must know of it, as the run was told.")
    ] = None


class ServingPeriod(ApiModel):
    """A time in which the version was the champion of a ModelDeployment."""

    deployment_name: Annotated[ObjectName, Field(description="Name of the ModelDeployment.")]
    deployment_uid: Annotated[Uid, Field(description="Its uid, which tells it from a namesake.")]
    from_time: Annotated[Moment, Field(description="When the version became its champion.")]


class EndedPeriod(ServingPeriod):
    """A time that is over."""

    until_time: Annotated[
        Moment,
        Field(description="When another version took its place, or the deployment was gone."),
    ]


class ModelVersionStatus(Status):
    """Where the version serves and served."""

    serving: Annotated[
        tuple[ServingPeriod, ...],
        Field(
            max_length=MOST_PERIODS,
            description="ModelDeployments whose champion it is, the newest first.",
            json_schema_extra={"x-kubernetes-list-type": "atomic"},
        ),
    ] = ()
    served: Annotated[
        tuple[EndedPeriod, ...],
        Field(
            max_length=MOST_PERIODS,
            description="Where it served before, the newest first.",
            json_schema_extra={"x-kubernetes-list-type": "atomic"},
        ),
    ] = ()


MODEL_VERSION = Kind(
    name="ModelVersion",
    plural="modelversions",
    short_name="mv",
    description="Number N of a model: an immutable artifact and where it came from.",
    spec=ModelVersionSpec,
    status=ModelVersionStatus,
    columns=(
        PrinterColumn("Model", ".spec.modelName"),
        PrinterColumn("Number", ".spec.number", type="integer"),
        PrinterColumn("Cause", ".spec.cause"),
        PrinterColumn("Verdict", ".spec.verdict"),
        READY,
        PrinterColumn("Approved", '.status.conditions[?(@.type=="Approved")].status'),
        PrinterColumn("Signed", ".spec.artifact.signingKey"),
        PrinterColumn("Serving", ".status.serving[*].deploymentName"),
        PrinterColumn("Through", ".spec.trainedThrough"),
        PrinterColumn("Rows", ".spec.trainingRows", type="integer", wide=True),
        PrinterColumn("Engine", ".spec.engine.kind", wide=True),
        PrinterColumn("Artifact", ".spec.artifact.digest", wide=True),
        PrinterColumn("Imported", ".spec.imported.file", wide=True),
        MESSAGE,
        AGE,
    ),
    root_rules=(
        (
            # `string(number)` would count as unbounded text and exceed the API server's budget.
            "self.metadata.name == '%s-v%d'.format([self.spec.modelName, self.spec.number])",
            "`metadata.name` must be '<modelName>-v<number>'",
        ),
    ),
)
