"""ModelAlias: whether the version that it points at is there, and who moved it when."""

from dataclasses import dataclass
from datetime import datetime

from tidewheel_contracts.api.conditions import Condition
from tidewheel_contracts.api.v1alpha1.model_alias import (
    LONGEST_HISTORY,
    AliasChange,
    ModelAliasSpec,
    ModelAliasStatus,
    Reason,
)
from tidewheel_contracts.api.v1alpha1.model_version import version_name
from tidewheel_operator.policies.conditions import ready, stalled, summary
from tidewheel_operator.policies.decision import Decision
from tidewheel_operator.policies.observed import Observed, to_time

__all__ = ["Alias", "ModelAliasView", "decide"]

Alias = Observed[ModelAliasSpec, ModelAliasStatus]


@dataclass(frozen=True, slots=True)
class ModelAliasView:
    """All that is known of a ModelAlias; `numbers` are the registered versions of its model."""

    alias: Alias
    numbers: tuple[int, ...]


def decide(view: ModelAliasView, now: datetime) -> Decision[ModelAliasStatus]:
    """Return the next step of a ModelAlias."""
    spec, before, metadata = view.alias.spec, view.alias.status, view.alias.metadata
    is_there = spec.number in view.numbers
    return Decision(
        status=before.model_copy(
            update={
                "observed_generation": metadata.generation,
                "conditions": summary(before.conditions, metadata, now, _conditions(view)),
                "version_name": version_name(spec.model_name, spec.number) if is_there else None,
                "history": _history(view.alias, now),
            }
        )
    )


def _conditions(view: ModelAliasView) -> tuple[Condition, ...]:
    spec = view.alias.spec
    if spec.number in view.numbers:
        name = version_name(spec.model_name, spec.number)
        return ready(Reason.POINTING, f"'{spec.changed_by}' chose '{name}': {spec.reason}")
    newest = max(view.numbers, default=None)
    known = f"the newest is {newest}" if newest is not None else "it has none"
    message = (
        f"model '{spec.model_name}' has no version {spec.number}: {known}; set `spec.number` to "
        "one that is registered"
    )
    return stalled(Reason.VERSION_MISSING, message)


def _history(alias: Alias, now: datetime) -> tuple[AliasChange, ...]:
    """Return the changes with the spec of this generation, which is recorded once."""
    spec, metadata, before = alias.spec, alias.metadata, alias.status.history
    if before and before[0].generation == metadata.generation:
        return before
    is_new = metadata.generation == 1 and metadata.creation_time
    change = AliasChange(
        generation=metadata.generation,
        changed_by=spec.changed_by,
        time=metadata.creation_time if is_new else to_time(now),
        from_number=before[0].to_number if before else None,
        to_number=spec.number,
        reason=spec.reason,
    )
    return (change, *before)[:LONGEST_HISTORY]
