"""Fields that several kinds share: status base, snapshots, metrics, training, resources."""

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from tidewheel_contracts.api.conditions import Condition
from tidewheel_contracts.api.kind import PrinterColumn
from tidewheel_contracts.api.model import (
    ApiModel,
    ColumnName,
    Count,
    DecimalText,
    Digest,
    MemoryQuantity,
    rules,
)
from tidewheel_contracts.api.v1alpha1.ensembles import (
    ENSEMBLE_RULES,
    Calibration,
    CandidateName,
    Ensemble,
    EstimatorName,
    Parameters,
)
from tidewheel_contracts.api.v1alpha1.features import WEIGHTS_RULES, Features, Weights
from tidewheel_contracts.api.v1alpha1.gate import GATE_RULES, Gate, MetricChoice
from tidewheel_contracts.api.v1alpha1.model_card import ModelCard
from tidewheel_contracts.api.v1alpha1.queueing import (
    QUEUE_RULES,
    PriorityClassName,
    QueueName,
)
from tidewheel_contracts.api.v1alpha1.search import Dimension, Search
from tidewheel_contracts.api.v1alpha1.training_engine import (
    ENGINE_RULES,
    EngineField,
    TrainingEngine,
)

__all__ = [
    "AGE",
    "MESSAGE",
    "NAME_RULE",
    "READY",
    "REASON",
    "SEARCH_RULES",
    "Candidate",
    "Column",
    "Metric",
    "Resources",
    "Retry",
    "SnapshotReference",
    "Status",
    "Training",
    "pending_conditions",
]

NAME_RULE = (
    "self.metadata.name.matches('^[a-z]([-a-z0-9]{0,38}[a-z0-9])?$')",
    "`metadata.name` must be at most 40 characters of a-z, 0-9 and '-', start with a letter and "
    "end with a letter or digit, because names of Jobs and Services are made from it",
)

_CONDITION = '.status.conditions[?(@.type=="{}")].{}'
READY = PrinterColumn("Ready", _CONDITION.format("Ready", "status"))
REASON = PrinterColumn("Reason", _CONDITION.format("Ready", "reason"))
MESSAGE = PrinterColumn("Message", _CONDITION.format("Ready", "message"), wide=True)
AGE = PrinterColumn("Age", ".metadata.creationTimestamp", type="date")


def pending_conditions() -> list[dict[str, Any]]:
    """Return the schema default: every object says Ready=Unknown before the operator saw it.

    Without observedGeneration: `kubectl wait` believes no condition of an older generation.
    """
    return [
        {
            "type": "Ready",
            "status": "Unknown",
            "reason": "Pending",
            "message": "Waiting for the operator",
            "lastTransitionTime": "1970-01-01T00:00:00Z",
        }
    ]


class Status(ApiModel):
    """What every kind's status begins with."""

    observed_generation: Annotated[
        Count, Field(description="Generation of the spec that this status speaks of.")
    ] = 0
    conditions: Annotated[
        tuple[Condition, ...],
        Field(
            max_length=8,
            description="What holds now: Ready always, Reconciling and Stalled while true.",
            json_schema_extra={
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["type"],
                "default": pending_conditions(),
            },
        ),
    ] = ()


class Column(ApiModel):
    """One column of a snapshot or a model's input."""

    name: Annotated[ColumnName, Field(description="Name of the column.")]
    type: Annotated[
        str, Field(max_length=32, description="Arrow type of the column, such as double or string.")
    ]


class Metric(ApiModel):
    """One measured value and the fit that it belongs to."""

    name: Annotated[
        str,
        Field(
            min_length=1,
            max_length=63,
            pattern=r"^[a-z][a-z0-9_]*$",
            description="Name of the measure.",
        ),
    ]
    value: Annotated[DecimalText, Field(description="Value as a decimal number.")]
    fit: Annotated[
        str,
        Field(
            max_length=16,
            pattern=r"^(Candidate|Champion|Refit)$",
            description="Candidate and Champion were measured on the test window; Refit is served.",
        ),
    ] = "Candidate"


class Resources(ApiModel):
    """What one pod asks for; memory is its limit too, CPU may go beyond while the node is idle."""

    cpu_milli: Annotated[
        int, Field(ge=10, le=256_000, description="CPU request in thousandths of a core.")
    ] = 500
    memory: Annotated[
        MemoryQuantity, Field(description="Memory request and limit, such as 512Mi or 2Gi.")
    ] = "2Gi"


class SnapshotReference(ApiModel):
    """A snapshot by content: where its manifest lies and what its SHA-256 is."""

    digest: Digest
    manifest_key: Annotated[str, Field(max_length=1024)]
    labelled_rows: Annotated[Count, Field(description="Rows with a value in the target.")] = 0


class Candidate(ApiModel):
    """One recipe that a run tries."""

    name: Annotated[
        CandidateName, Field(description="Name of the candidate in metrics and status.")
    ]
    estimator: Annotated[
        EstimatorName,
        Field(description="Full name of a scikit-learn estimator that Tidewheel allows."),
    ]
    parameters: Annotated[
        Parameters,
        Field(
            description="Constructor parameters of the estimator, any JSON. A null needs `kubectl "
            "apply --server-side`: without it kubectl leaves the parameter out.",
        ),
    ]
    calibration: Annotated[
        Calibration | None,
        Field(description="Puts the probabilities right; of classifiers alone."),
    ] = None
    space: Annotated[
        tuple[Dimension, ...],
        Field(
            max_length=16,
            description="Parameters that the run's `search` draws; the others stay as given.",
            json_schema_extra={
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["parameter"],
            },
        ),
    ] = ()


class Retry(ApiModel):
    """What is tried again beyond what costs nobody anything.

    A node that goes or a pod that is evicted is always replaced, a store that does not answer is
    tried three times, and what the same request would meet again is never tried again.
    """

    memory_limit: Annotated[
        MemoryQuantity | None,
        Field(
            description="A pod that ran out of memory is tried once more with twice its memory, "
            "but with no more than this; without it the run fails."
        ),
    ] = None


SEARCH_RULES = (
    (
        "has(self.search) || self.candidates.all(one, !has(one.space) || one.space.size() == 0)",
        "`search` must be given where a candidate has a `space`; `search: {}` is enough",
    ),
    (
        "!has(self.search) || !has(self.search.method) || self.search.method != 'Grid' || "
        "self.candidates.all(one, !has(one.space) || one.space.all(it, has(it.choice)))",
        "each dimension of a `space` must be a `choice` where `search.method` is 'Grid'",
    ),
)


class Training(ApiModel):
    """How a model is trained: the part that a run and a pipeline's run template share."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            *SEARCH_RULES,
            *GATE_RULES,
            *WEIGHTS_RULES,
            *ENSEMBLE_RULES,
            *ENGINE_RULES,
            *QUEUE_RULES,
        )
    )

    features: Annotated[Features, Field(description="Columns to learn from.")] = Features()
    weights: Annotated[
        Weights | None, Field(description="What each row weighs in every fit; without it the same.")
    ] = None
    candidates: Annotated[
        tuple[Candidate, ...],
        Field(
            min_length=1,
            max_length=20,
            description="Recipes to try; the best on validation rows is judged by the gate.",
            json_schema_extra={
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["name"],
            },
        ),
    ]
    ensembles: Annotated[
        tuple[Ensemble, ...],
        Field(
            max_length=8,
            description="Candidates that answer together. Of a search each member is its best "
            "trial.",
            json_schema_extra={
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["name"],
            },
        ),
    ] = ()
    search: Annotated[
        Search | None,
        Field(description="Draws trials of the candidates and shares them among several pods."),
    ] = None
    engine: EngineField = TrainingEngine.JOB
    metric: Annotated[MetricChoice, Field(description="Measure of a candidate.")] = MetricChoice()
    gate: Annotated[Gate, Field(description="What a candidate must reach.")] = Gate()
    seed: Annotated[
        int, Field(ge=0, le=2_147_483_647, description="Seed of every random choice.")
    ] = 0
    resources: Annotated[Resources, Field(description="What the training pod asks for.")] = (
        Resources()
    )
    retry: Annotated[Retry, Field(description="What is tried again.")] = Retry()
    active_deadline_seconds: Annotated[
        int,
        Field(ge=30, le=604_800, description="The training Job is ended after this many seconds."),
    ] = 3600
    card: Annotated[
        ModelCard | None,
        Field(description="What people must know of the model; its versions and reports show it."),
    ] = None
    queue_name: QueueName = None
    priority_class_name: PriorityClassName = None
