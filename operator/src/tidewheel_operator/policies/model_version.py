"""ModelVersion: registered means deployable; nothing about it ever changes."""

from datetime import datetime

from tidewheel_contracts.api.v1alpha1.common import Status
from tidewheel_contracts.api.v1alpha1.model_version import ModelVersionSpec, Reason
from tidewheel_operator.policies.decision import Decision
from tidewheel_operator.policies.observed import Observed
from tidewheel_operator.policies.settled import accept

__all__ = ["decide"]


def decide(version: Observed[ModelVersionSpec, Status], now: datetime) -> Decision[Status]:
    """Return the decision that says the version may be deployed."""
    spec = version.spec
    message = f"{spec.verdict} on {spec.training_rows} rows of Dataset '{spec.dataset_name}'"
    return accept(version.metadata, version.status, Reason.REGISTERED, message, now)
