"""TrainingRun: one training on one pinned snapshot, and at most one ModelVersion."""

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from tidewheel_contracts.api.kind import Kind, PrinterColumn
from tidewheel_contracts.api.model import KindName, rules
from tidewheel_contracts.api.v1alpha1.common import (
    AGE,
    MESSAGE,
    NAME_RULE,
    READY,
    REASON,
    SEARCH_RULES,
    Training,
)
from tidewheel_contracts.api.v1alpha1.ensembles import ENSEMBLE_RULES
from tidewheel_contracts.api.v1alpha1.features import WEIGHTS_RULES
from tidewheel_contracts.api.v1alpha1.gate import GATE_RULES
from tidewheel_contracts.api.v1alpha1.imported_model import IMPORT_RULES, ImportedModel
from tidewheel_contracts.api.v1alpha1.queueing import QUEUE_RULES
from tidewheel_contracts.api.v1alpha1.run_status import TrainingRunStatus
from tidewheel_contracts.api.v1alpha1.training_engine import ENGINE_RULES

__all__ = ["ONLY_SUSPEND_CHANGES", "TRAINING_RUN", "TrainingRunSpec"]


ONLY_SUSPEND_CHANGES = (
    "`spec` must not change after creation, but for `suspend`; apply a new TrainingRun instead"
)


def _unchanged_but_suspend(schema: dict[str, Any]) -> None:
    """Add the rule that every field but `suspend` stays as it is, also absent or present."""
    fields = sorted(schema["properties"].keys() - {"suspend"})
    rule = " && ".join(_unchanged(field, schema) for field in fields)
    changes = (rule, ONLY_SUSPEND_CHANGES)
    schema.update(
        rules(
            *SEARCH_RULES,
            *GATE_RULES,
            *WEIGHTS_RULES,
            *ENSEMBLE_RULES,
            *ENGINE_RULES,
            *QUEUE_RULES,
            *IMPORT_RULES,
            changes,
        )
    )


def _unchanged(field: str, schema: dict[str, Any]) -> str:
    """Return when a field is as it was; `self.?field` is shorter, and too costly for CEL."""
    same = f"self.{field} == oldSelf.{field}"
    is_always_there = schema["properties"][field].get("default") is not None
    if is_always_there or field in schema["required"]:
        return same
    return f"(has(self.{field}) ? has(oldSelf.{field}) && {same} : !has(oldSelf.{field}))"


class TrainingRunSpec(Training):
    """What is trained, on what, and what it must reach. Immutable but for `suspend`."""

    model_config = ConfigDict(json_schema_extra=_unchanged_but_suspend)

    dataset_name: Annotated[KindName, Field(description="Dataset whose snapshot is learned.")]
    model_name: Annotated[KindName, Field(description="Model that a passing candidate extends.")]
    pipeline_name: Annotated[
        KindName | None,
        Field(description="ModelPipeline whose champion and limits the run counts for."),
    ] = None
    imported: Annotated[
        ImportedModel | None,
        Field(
            description="A model that was made elsewhere: the gate judges it as it is, and nothing "
            "is fitted. The only candidate names its estimator."
        ),
    ] = None
    suspend: Annotated[
        bool,
        Field(
            description="While true the run has no Job at work: none is made, and one that runs is "
            "taken away. What it has in the store stays, and the run goes on with that."
        ),
    ] = False


TRAINING_RUN = Kind(
    name="TrainingRun",
    plural="trainingruns",
    short_name="trun",
    description="One training on one pinned snapshot; registers a ModelVersion if the gate passes.",
    spec=TrainingRunSpec,
    status=TrainingRunStatus,
    columns=(
        PrinterColumn("Cause", ".status.trigger.cause"),
        PrinterColumn("Stage", ".status.stage"),
        PrinterColumn("Percent", ".status.progress.percent", type="integer"),
        READY,
        REASON,
        PrinterColumn("Verdict", ".status.result.verdict"),
        PrinterColumn("Version", ".status.versionName"),
        PrinterColumn("Trials", ".status.search.finished", type="integer", wide=True),
        PrinterColumn("Candidate", ".status.result.candidate", wide=True),
        PrinterColumn("Snapshot", ".status.snapshot.digest", wide=True),
        MESSAGE,
        AGE,
    ),
    root_rules=(NAME_RULE,),
)
