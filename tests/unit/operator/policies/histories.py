"""Runs and versions of a pipeline, and what goes of them."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from tests.builders import NOW, Object, make_pipeline, make_run, make_version, time_text
from tests.unit.operator.observations import observed
from tests.unit.operator.policies.loops import last_run, learned

from tidewheel_contracts.api.conditions import Condition, ConditionStatus
from tidewheel_contracts.api.v1alpha1.model_pipeline import HandledCause, ModelPipelineStatus
from tidewheel_contracts.api.v1alpha1.run_status import Cause, TrainingRunStatus
from tidewheel_operator.policies.pipeline_history import Pruning, pruning
from tidewheel_operator.policies.versions_in_use import Past

__all__ = [
    "OURS",
    "PIPELINE_UID",
    "ended",
    "handled",
    "names",
    "own_version",
    "past",
    "pruned",
    "remembers",
]


PIPELINE_UID = "uid-modelpipeline-flight-delay"
OURS = {"controller": True, "uid": PIPELINE_UID, "kind": "ModelPipeline", "name": "flight-delay"}


def ended(
    number: int,
    *,
    failed: bool = False,
    owner: str = PIPELINE_UID,
    metadata: dict[str, Any] | None = None,
    **status: Any,
) -> Object:
    """Return run `number` of the pipeline; a higher number ended later."""
    kind = "Failed" if failed else "Complete"
    said = Condition(
        type=kind,
        status=ConditionStatus.TRUE,
        observed_generation=1,
        last_transition_time=time_text(NOW),
        reason="Any",
        message="",
    )
    moment = time_text(NOW - timedelta(days=100) + timedelta(hours=number))
    values = {
        "attempt": 1,
        "conditions": (said,),
        "start_time": moment,
        "completion_time": moment,
        **status,
    }
    owned = {"ownerReferences": [{**OURS, "uid": owner}]} if owner else {}
    return make_run(
        f"run-{number:03}",
        TrainingRunStatus.model_validate(values),
        cause=Cause.NEW_DATA,
        fingerprint=f"fingerprint {number}",
        pipeline_name="flight-delay",
        metadata={**owned, **(metadata or {})},
    )


def handled(number: int, **changes: Any) -> HandledCause:
    """Return the memory of run `number`."""
    values = {
        "cause": Cause.NEW_DATA,
        "fingerprint": f"fingerprint {number}",
        "run_name": f"run-{number:03}",
        "time": time_text(NOW - timedelta(days=100) + timedelta(hours=number)),
        **changes,
    }
    return HandledCause.model_validate(values)


def remembers(*numbers: int, last: int = 0, **changes: Any) -> ModelPipelineStatus:
    """Return the status of a pipeline that has admitted these runs."""
    return learned(
        last_run=last_run(name=f"run-{last or max(numbers, default=0):03}"),
        handled_causes=tuple(handled(number) for number in numbers),
        **changes,
    )


def own_version(number: int, **changes: Any) -> Object:
    """Return a version that a run of the pipeline's own made."""
    run = {"name": f"run-{number:03}", "uid": f"uid-{number}", "pipeline_uid": PIPELINE_UID}
    return make_version(number, **{"run": run, **changes})


def past(*items: Object, is_complete: bool = True) -> Past:
    """Return a past of these objects."""

    def of(kind: str) -> tuple[Any, ...]:
        return tuple(observed(item) for item in items if item["kind"] == kind)

    return Past(
        of("TrainingRun"),
        of("ModelVersion"),
        of("ModelDeployment"),
        of("ModelPipeline"),
        of("ModelApproval"),
        of("ModelAlias"),
        is_complete,
    )


def pruned(status: ModelPipelineStatus, found: Past, **history: int) -> Pruning:
    """Return what goes of a past."""
    limits = {"completed_runs": 1, "failed_runs": 1, "versions": 1, **history}
    return pruning(observed(make_pipeline(status=status, history=limits)), found)


def names(items: Sequence[Any]) -> list[str]:
    return [item.metadata.name for item in items]
