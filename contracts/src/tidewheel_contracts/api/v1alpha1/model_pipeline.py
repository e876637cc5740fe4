"""ModelPipeline: the loop, from a Dataset to a deployment, and what opens its next run."""

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
    Uid,
    VersionNumber,
    rules,
)
from tidewheel_contracts.api.v1alpha1.common import (
    AGE,
    MESSAGE,
    NAME_RULE,
    READY,
    REASON,
    Status,
    Training,
)
from tidewheel_contracts.api.v1alpha1.model_deployment import Serving
from tidewheel_contracts.api.v1alpha1.run_result import Verdict
from tidewheel_contracts.api.v1alpha1.run_status import Cause

__all__ = [
    "MODEL_PIPELINE",
    "AlertAction",
    "DataAction",
    "HandledCause",
    "History",
    "LastRun",
    "Limits",
    "ModelPipelineSpec",
    "ModelPipelineStatus",
    "NewDataTrigger",
    "PipelineCondition",
    "Reason",
    "Triggers",
]


class PipelineCondition(StrEnum):
    """Condition types beyond Ready, Reconciling and Stalled."""

    TRIGGERED = "Triggered"  # True: a run is wanted; False: the reason tells why none is opened


class Reason(StrEnum):
    """Reasons of a pipeline's conditions."""

    TURNING = "Turning"  # a model serves and the triggers are watched
    WAITING_FOR_DATA = "WaitingForData"  # the Dataset is missing or has no snapshot yet
    RUN_OPEN = "RunOpen"  # a run is in flight
    FIRST_MODEL = "FirstModelPending"  # no version passed the gate yet
    DEPLOYMENT_MISSING = "DeploymentMissing"  # the named ModelDeployment does not exist
    DEPLOYMENT_NOT_READY = "DeploymentNotReady"  # the deployment's own reason tells more
    NAME_CONFLICT = "NameConflict"  # an object of somebody else has a name that ours needs
    INVALID = "Invalid"  # the stored object does not satisfy this version's schema
    # Reasons of Triggered
    BELOW_GROWTH = "BelowGrowthLimit"  # too few new labelled rows
    NOTHING_NEW = "NothingNewToLearn"  # same snapshot and same recipe as the last run
    COOLDOWN = "Cooldown"  # the last run is too recent
    RUNS_PER_DAY = "RunsPerDayReached"  # the day's runs are used up
    SUSPENDED = "Suspended"  # spec.suspend holds new runs back
    WARNING = "GrowthWarning"  # rows grew beyond the limit and the action is Warn
    NEW_DATA_IGNORED = "NewDataIgnored"  # `triggers.onNewData.action` is Ignore
    ALERTS_IGNORED = "AlertsIgnored"  # `triggers.onAlert` is Ignore
    OPENED = "Opened"  # a run was opened; the message names it
    # Reasons of events alone
    PRUNED = "HistoryPruned"  # runs or versions beyond `spec.history` were deleted


class DataAction(StrEnum):
    """What growth of labelled rows does."""

    RETRAIN = "Retrain"
    WARN = "Warn"
    IGNORE = "Ignore"


class AlertAction(StrEnum):
    """What an alert does."""

    RETRAIN = "Retrain"
    IGNORE = "Ignore"


class NewDataTrigger(ApiModel):
    """Growth of labelled rows since the last run, measured against what the champion learned."""

    action: Annotated[DataAction, Field(description="What reaching the limit does.")] = (
        DataAction.RETRAIN
    )
    growth_percent: Annotated[
        int,
        Field(
            ge=1,
            le=10_000,
            description="New labelled rows in percent of those the champion was trained on.",
        ),
    ] = 40


class Triggers(ApiModel):
    """What opens a run by itself."""

    on_new_data: Annotated[NewDataTrigger, Field(description="Growth of labelled rows.")] = (
        NewDataTrigger()
    )
    on_alert: Annotated[AlertAction, Field(description="An alert at the operator's webhook.")] = (
        AlertAction.RETRAIN
    )


class Limits(ApiModel):
    """How often runs may open by themselves; a run that a person applies is never held back."""

    cooldown_seconds: Annotated[
        int, Field(ge=0, le=2_592_000, description="Least seconds between two runs' starts.")
    ] = 0
    runs_per_day: Annotated[
        int, Field(ge=1, le=1000, description="Runs that may open within 24 hours.")
    ] = 24


class History(ApiModel):
    """How many objects of the past stay; the loop itself remembers in its status."""

    completed_runs: Annotated[
        int,
        Field(
            ge=0,
            le=1000,
            description="Ended runs with a verdict that stay, of those that the pipeline opened; "
            "the last run always stays.",
        ),
    ] = 20
    failed_runs: Annotated[
        int,
        Field(
            ge=0,
            le=1000,
            description="Failed runs that stay, of those that the pipeline opened; the last run "
            "always stays.",
        ),
    ] = 10
    versions: Annotated[
        int,
        Field(
            ge=1,
            le=10_000,
            description="Newest ModelVersions that stay, of those that came of the pipeline's own "
            "runs; a version in use always stays, and so does every artifact.",
        ),
    ] = 100


class ModelPipelineSpec(ApiModel):
    """The loop."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            (
                "has(self.deployment) != has(self.deploymentName)",
                "exactly one of `deployment` and `deploymentName` must be set",
            ),
        )
    )

    dataset_name: Annotated[KindName, Field(description="Dataset that the loop learns.")]
    model_name: Annotated[
        KindName | None, Field(description="Model; the pipeline's name when absent.")
    ] = None
    training: Annotated[Training, Field(description="How every run trains.")]
    deployment: Annotated[
        Serving | None, Field(description="Deployment that the pipeline owns and applies.")
    ] = None
    deployment_name: Annotated[
        KindName | None,
        Field(description="ModelDeployment of yours; the pipeline never writes it."),
    ] = None
    triggers: Annotated[Triggers, Field(description="What opens a run by itself.")] = Triggers()
    limits: Annotated[Limits, Field(description="How often runs may open.")] = Limits()
    history: Annotated[History, Field(description="How many runs and versions stay.")] = History()
    suspend: Annotated[bool, Field(description="Open no further runs while true.")] = False


class LastRun(ApiModel):
    """The newest run that was opened, kept after the run itself is gone."""

    name: Annotated[str, Field(max_length=63)]
    uid: Annotated[Uid | None, Field(description="Its uid: a namesake is another run.")] = None
    cause: Cause
    snapshot_digest: Digest | None = None
    recipe_digest: Annotated[
        Digest | None, Field(description="Digest over the run's template.")
    ] = None
    target_digest: Annotated[
        Digest | None, Field(description="Digest over the Dataset's target, time column and split.")
    ] = None
    labelled_rows: Count = 0
    start_time: Moment
    verdict: Verdict | None = None


class HandledCause(ApiModel):
    """One cause that was answered with a run, so that it is never answered twice."""

    cause: Cause
    fingerprint: Annotated[str, Field(max_length=128)]
    run_name: Annotated[str, Field(max_length=63)]
    time: Moment
    began: Annotated[
        bool, Field(description="False: the run ended before it began, with nothing new to learn.")
    ] = True


class ModelPipelineStatus(Status):
    """What the loop does now and what it remembers."""

    active_run_name: Annotated[str | None, Field(max_length=63, description="Run in flight.")] = (
        None
    )
    last_run: Annotated[LastRun | None, Field(description="The newest run.")] = None
    rows_at_last_run: Annotated[
        Count, Field(description="Labelled rows of the snapshot that the last run pinned.")
    ] = 0
    growth_percent: Annotated[
        Count | None,
        Field(description="New labelled rows in percent of the champion's training rows."),
    ] = None
    last_version_number: Annotated[
        int,
        Field(ge=0, le=1_000_000, description="Highest version number ever given to the model."),
    ] = 0
    champion_number: Annotated[VersionNumber | None, Field(description="Version that serves.")] = (
        None
    )
    endpoint: Annotated[
        str | None, Field(max_length=253, description="Stable URL inside the cluster.")
    ] = None
    handled_causes: Annotated[
        tuple[HandledCause, ...],
        Field(
            max_length=100,
            description="The last causes that opened a run.",
            json_schema_extra={"x-kubernetes-list-type": "atomic"},
        ),
    ] = ()


MODEL_PIPELINE = Kind(
    name="ModelPipeline",
    plural="modelpipelines",
    short_name="mpipe",
    description="The loop: data, training, gate, deployment, and what opens the next run.",
    spec=ModelPipelineSpec,
    status=ModelPipelineStatus,
    columns=(
        READY,
        REASON,
        PrinterColumn("Champion", ".status.championNumber", type="integer"),
        PrinterColumn("Run", ".status.activeRunName"),
        PrinterColumn("Growth%", ".status.growthPercent", type="integer"),
        PrinterColumn("Triggered", '.status.conditions[?(@.type=="Triggered")].reason'),
        PrinterColumn("Endpoint", ".status.endpoint", wide=True),
        MESSAGE,
        AGE,
    ),
    root_rules=(NAME_RULE,),
)
