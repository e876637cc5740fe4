"""Why a run was opened, and how often it was asked for, as the run itself carries it."""

from tidewheel_contracts import labels
from tidewheel_contracts.api.v1alpha1.run_status import Cause, Trigger
from tidewheel_operator.policies.observed import Metadata

__all__ = ["coalesced_alerts", "trigger_of"]


def trigger_of(metadata: Metadata) -> Trigger:
    """Return the trigger of a run; one without a known cause was applied by a person."""
    cause = metadata.labels.get(labels.CAUSE, "")
    if cause not in set(Cause):
        return Trigger(cause=Cause.DEMAND)
    return Trigger(
        cause=Cause(cause), fingerprint=metadata.annotations.get(labels.FINGERPRINT, "")[:128]
    )


def coalesced_alerts(metadata: Metadata) -> int:
    """Return how many alerts met the run while it was queued, as the webhook has counted them."""
    text = metadata.annotations.get(labels.COALESCED, "")
    return int(text) if text.isdecimal() and len(text) < 10 else 0
