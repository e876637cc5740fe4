"""ModelDeployment: one model behind one stable endpoint, one Deployment and Service per version."""

from enum import StrEnum
from typing import Annotated

from pydantic import ConfigDict, Field

from tidewheel_contracts.api.kind import Kind, PrinterColumn
from tidewheel_contracts.api.model import (
    ApiModel,
    Count,
    Digest,
    KindName,
    MemoryQuantity,
    Moment,
    VersionNumber,
    rules,
)
from tidewheel_contracts.api.v1alpha1.common import (
    AGE,
    MESSAGE,
    NAME_RULE,
    READY,
    REASON,
    Resources,
    Status,
)
from tidewheel_contracts.api.v1alpha1.model_alias import AliasName

__all__ = [
    "MODEL_DEPLOYMENT",
    "DeployedVersion",
    "DeploymentCondition",
    "ModelDeploymentSpec",
    "ModelDeploymentStatus",
    "Reason",
    "Role",
    "ServerResources",
    "Serving",
    "VersionChoice",
    "VersionPolicy",
    "VersionState",
]


class DeploymentCondition(StrEnum):
    """Condition types beyond Ready, Reconciling and Stalled; present only while True."""

    VERSION_MISSING = "VersionMissing"  # a ModelVersion that serves was deleted or replaced
    PINNED = "Pinned"  # a person chose the version; newer ones wait
    UNAPPROVED = "Unapproved"  # what serves has no approval that counts, and goes on serving
    APPROVAL_PENDING = "ApprovalPending"  # a newer version waits for a decision


class Reason(StrEnum):
    """Reasons of a ModelDeployment's conditions."""

    SERVING = "Serving"  # the wanted version answers behind the stable endpoint
    NO_VERSION = "NoVersion"  # the model has no registered version yet
    VERSION_NOT_FOUND = "VersionNotFound"  # the number that was chosen is not registered
    ALIAS_MISSING = "AliasMissing"  # no ModelAlias has the name that spec.version.alias tells
    STORE_MISSING = "ArtifactStoreMissing"  # the namespace has no ArtifactStore named default
    ROLLING_OUT = "RollingOut"  # a new version starts; the champion serves
    STARTING = "Starting"  # the first version starts; nothing serves yet
    DEGRADED = "Degraded"  # fewer champion pods answer than were asked for
    LOAD_FAILED = "LoadFailed"  # a server could not load or answer with its model
    NAME_CONFLICT = "NameConflict"  # an object of somebody else has a name that ours needs
    PINNED_BY_SPEC = "PinnedBySpec"  # spec.version names a number
    WAITING_FOR_APPROVAL = "WaitingForApproval"  # nobody has decided about a version
    REJECTED = "Rejected"  # the version that serves was rejected
    APPROVAL_REVOKED = "ApprovalRevoked"  # the approval of the version that serves was taken back
    DELETED = "Deleted"  # the ModelVersion of the champion is gone
    REPLACED = "Replaced"  # a ModelVersion of the champion's name names another artifact
    INVALID = "Invalid"  # the stored object does not satisfy this version's schema


class VersionPolicy(StrEnum):
    """How the version to serve is chosen."""

    LATEST = "Latest"
    LATEST_APPROVED = "LatestApproved"
    PINNED = "Pinned"
    ALIAS = "Alias"


class VersionChoice(ApiModel):
    """Which version serves; applied as a whole, so that a pin goes with all of its parts."""

    model_config = ConfigDict(
        json_schema_extra={
            **rules(
                (
                    "self.policy == 'Pinned' ? has(self.number) : !has(self.number)",
                    "`number` must be set when `policy` is 'Pinned', and only then",
                ),
                (
                    "self.policy == 'Alias' ? has(self.alias) : !has(self.alias)",
                    "`alias` must be set when `policy` is 'Alias', and only then",
                ),
            ),
            "x-kubernetes-map-type": "atomic",
        }
    )

    policy: Annotated[
        VersionPolicy,
        Field(
            description="Latest follows new versions; LatestApproved follows those that a "
            "ModelApproval approves, and goes back when it is revoked; Pinned stays at `number`; "
            "Alias follows the ModelAlias `alias` of the model."
        ),
    ] = VersionPolicy.LATEST
    number: Annotated[VersionNumber | None, Field(description="Version to serve while pinned.")] = (
        None
    )
    alias: Annotated[
        AliasName | None, Field(description="Alias of the model whose version serves.")
    ] = None


class ServerResources(Resources):
    """What one server pod asks for: a model that answers needs less than one that learns."""

    cpu_milli: Annotated[
        int, Field(ge=10, le=256_000, description="CPU request in thousandths of a core.")
    ] = 250
    memory: Annotated[
        MemoryQuantity, Field(description="Memory request and limit, such as 512Mi or 2Gi.")
    ] = "1Gi"


class Serving(ApiModel):
    """How a model is served: the part that a pipeline's deployment shares."""

    version: Annotated[VersionChoice, Field(description="Which version serves.")] = VersionChoice()
    replicas: Annotated[int, Field(ge=1, le=500, description="Pods per serving version.")] = 1
    resources: Annotated[ServerResources, Field(description="What a server pod asks for.")] = (
        ServerResources()
    )
    rollback_window_seconds: Annotated[
        int,
        Field(
            ge=0,
            le=604_800,
            description="How long the version before stays warm after a switch.",
        ),
    ] = 600


class ModelDeploymentSpec(Serving):
    """Which model serves, and how."""

    model_name: Annotated[KindName, Field(description="Model to serve.")]


class Role(StrEnum):
    """What a deployed version is there for."""

    CHAMPION = "Champion"
    CANDIDATE = "Candidate"
    WARM = "Warm"


class VersionState(ApiModel):
    """A version that has a role, with all that a server needs to load it again."""

    name: Annotated[str, Field(max_length=63)]
    number: VersionNumber
    manifest_key: Annotated[str, Field(max_length=1024)]
    manifest_digest: Digest
    artifact_digest: Digest
    since_time: Annotated[Moment, Field(description="When it took its role.")]


class DeployedVersion(ApiModel):
    """One version's Deployment as it is now."""

    number: VersionNumber
    role: Role
    replicas: Count
    ready_replicas: Count


class ModelDeploymentStatus(Status):
    """Who serves, who comes, who stays warm."""

    champion: Annotated[
        VersionState | None, Field(description="Version behind the stable endpoint.")
    ] = None
    candidate: Annotated[VersionState | None, Field(description="Version that starts.")] = None
    warm: Annotated[
        tuple[VersionState, ...],
        Field(
            max_length=4,
            description="Versions that served before and still run.",
            json_schema_extra={"x-kubernetes-list-type": "atomic"},
        ),
    ] = ()
    versions: Annotated[
        tuple[DeployedVersion, ...],
        Field(
            max_length=8,
            description="Deployments as they are now.",
            json_schema_extra={
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["number"],
            },
        ),
    ] = ()
    endpoint: Annotated[
        str | None, Field(max_length=253, description="Stable URL inside the cluster.")
    ] = None


MODEL_DEPLOYMENT = Kind(
    name="ModelDeployment",
    plural="modeldeployments",
    short_name="mdep",
    description="One model behind one stable endpoint.",
    spec=ModelDeploymentSpec,
    status=ModelDeploymentStatus,
    columns=(
        PrinterColumn("Model", ".spec.modelName"),
        PrinterColumn("Champion", ".status.champion.number", type="integer"),
        PrinterColumn("Candidate", ".status.candidate.number", type="integer"),
        READY,
        REASON,
        PrinterColumn("Endpoint", ".status.endpoint", wide=True),
        MESSAGE,
        AGE,
    ),
    root_rules=(NAME_RULE,),
)
