"""The manifest of a model artifact: the commit point that names every file by digest and size."""

import hashlib
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from tidewheel_contracts.api.v1alpha1.dataset_split import Split
from tidewheel_contracts.api.v1alpha1.ensembles import Calibration, EnsembleKind
from tidewheel_contracts.api.v1alpha1.features import Monotonic, Weights
from tidewheel_contracts.api.v1alpha1.gate import Task

__all__ = [
    "CHECK_FILE",
    "LINEAGE_FILE",
    "MANIFEST_FILE",
    "METRICS_FILE",
    "MODEL_FILE",
    "PARITY_FILE",
    "PROFILE_FILE",
    "PROTOCOL",
    "REPORT_FILE",
    "SUMMARY_FILE",
    "VERDICT_FILE",
    "ArtifactFile",
    "EnsembleRecipe",
    "MemberRecipe",
    "ModelInput",
    "ModelManifest",
    "Recipe",
    "model_digest",
]

PROTOCOL = 1

MANIFEST_FILE = "manifest.json"
MODEL_FILE = "model.skops"
# Test rows with their answers, which the serving image must give again; see `check_rows`.
CHECK_FILE = "check.json"
# Rows to compare a faster engine with scikit-learn by, and what that says of them; see `parity`.
PARITY_FILE = "parity.json"
PROFILE_FILE = "profile.json"
METRICS_FILE = "metrics.json"
LINEAGE_FILE = "lineage.json"
# What the run found, for people: a page, and a summary in Markdown.
REPORT_FILE = "report.html"
SUMMARY_FILE = "report.md"
# What a run that published nothing found; beside a report, never beside a manifest.
VERDICT_FILE = "verdict.json"


class _Frozen(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, frozen=True, extra="forbid"
    )


class ArtifactFile(_Frozen):
    """One file of the artifact's folder."""

    name: str
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    size_bytes: Annotated[int, Field(ge=0)]


class ModelInput(_Frozen):
    """One input column as clients send it: datatype in the words of the Open Inference Protocol.

    The fitted pipeline takes a pandas DataFrame with the inputs' names. BYTES columns hold Python
    strings (dtype object, None for a missing value); all others are float64 (NaN for a missing
    value), whatever `kind` says. A date is BYTES, text in ISO 8601, in UTC unless it has an
    offset. A category that training never saw is whatever the fitted encoder makes of it.
    """

    name: str
    datatype: Annotated[str, Field(pattern=r"^(BOOL|INT64|FP64|BYTES)$")]
    kind: Annotated[str, Field(pattern=r"^(Numeric|Categorical|Text|Date)$")]


class MemberRecipe(_Frozen):
    """One member of an ensemble; its columns, weights and seed are those of the whole recipe."""

    candidate: str
    estimator: str
    parameters: dict[str, Any]
    calibration: Calibration | None = None
    weight: str | None = None


class EnsembleRecipe(_Frozen):
    """What answers together; `final` learns from the members' answers to rows of `folds` parts."""

    kind: EnsembleKind
    members: tuple[MemberRecipe, ...]
    final: MemberRecipe | None = None
    folds: int | None = None


class Recipe(_Frozen):
    """All that is needed to fit the same model on other rows."""

    candidate: str
    estimator: str
    parameters: dict[str, Any]
    numeric: tuple[str, ...]
    categorical: tuple[str, ...]
    text: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    # In order of their columns, or an equal recipe would look like another.
    monotonic: tuple[Monotonic, ...] = ()
    weights: Weights | None = None
    calibration: Calibration | None = None
    # Of an ensemble `estimator` is the class that holds the members.
    ensemble: EnsembleRecipe | None = None
    target: str
    time: str | None
    seed: int

    @property
    def features(self) -> tuple[str, ...]:
        """Return the columns that the model reads, in order of its inputs."""
        return (*self.numeric, *self.categorical, *self.text, *self.dates)


class ModelManifest(_Frozen):
    """Everything that serving and later runs must know before they open a model file.

    `sample` holds a few training rows, column by column in the order of `inputs`, with null for a
    missing value: readiness predicts them for real. `classes` are the target's classes in the
    order of predict_proba's columns, written as text: `false` and `true` for BOOL, digits for INT64
    and FP64, the text itself for BYTES; `classes_datatype` tells which. The model's own `classes_`
    are these values in their natural type, so predict() answers them too. A model of a number has
    no classes, and FP64 as their datatype: predict() answers it.
    """

    protocol: int = PROTOCOL
    model_name: str
    files: tuple[ArtifactFile, ...]
    digest: Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]
    inputs: tuple[ModelInput, ...]
    classes: tuple[str, ...]
    classes_datatype: Annotated[str, Field(pattern=r"^(BOOL|INT64|FP64|BYTES)$")]
    # Models from before there was a choice predict classes.
    task: Task = Task.CLASSIFICATION
    sample: tuple[tuple[Any, ...], ...]
    recipe: Recipe
    # How the Dataset said that rows are split; without it the newest tested, or rows by a hash.
    split: Split | None = None
    snapshot_digest: str
    snapshot_manifest_key: str
    training_rows: Annotated[int, Field(ge=0)]
    trained_through: str | None = None
    library_versions: dict[str, str]


def model_digest(files: tuple[ArtifactFile, ...]) -> str:
    """Return the digest over the model files (`model.*`) alone, in order of their names."""
    text = "".join(
        f"{file.sha256}  {file.name}\n"
        for file in sorted(files, key=lambda file: file.name)
        if file.name.startswith("model.")
    )
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
