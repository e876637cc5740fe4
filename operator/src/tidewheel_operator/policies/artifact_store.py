"""ArtifactStore: accepted as it is; Jobs and servers report whether the store answers."""

from datetime import datetime

from tidewheel_contracts.api.v1alpha1.artifact_store import ArtifactStoreSpec, Reason
from tidewheel_contracts.api.v1alpha1.common import Status
from tidewheel_operator.policies.decision import Decision
from tidewheel_operator.policies.observed import Observed
from tidewheel_operator.policies.settled import accept

__all__ = ["decide"]


def decide(store: Observed[ArtifactStoreSpec, Status], now: datetime) -> Decision[Status]:
    """Return the decision that accepts the store."""
    message = f"Jobs and servers use bucket '{store.spec.bucket}' at {store.spec.endpoint}"
    return accept(store.metadata, store.status, Reason.ACCEPTED, message, now)
