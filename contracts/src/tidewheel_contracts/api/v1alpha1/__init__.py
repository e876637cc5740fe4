"""The v1alpha1 kinds, one module a kind, and the table of them that generators and watches read."""

from tidewheel_contracts.api.v1alpha1.artifact_store import ARTIFACT_STORE
from tidewheel_contracts.api.v1alpha1.dataset import DATASET
from tidewheel_contracts.api.v1alpha1.model_alias import MODEL_ALIAS
from tidewheel_contracts.api.v1alpha1.model_approval import MODEL_APPROVAL
from tidewheel_contracts.api.v1alpha1.model_deployment import MODEL_DEPLOYMENT
from tidewheel_contracts.api.v1alpha1.model_pipeline import MODEL_PIPELINE
from tidewheel_contracts.api.v1alpha1.model_version import MODEL_VERSION
from tidewheel_contracts.api.v1alpha1.training_run import TRAINING_RUN

__all__ = ["KINDS"]

KINDS = (
    ARTIFACT_STORE,
    DATASET,
    TRAINING_RUN,
    MODEL_VERSION,
    MODEL_APPROVAL,
    MODEL_ALIAS,
    MODEL_DEPLOYMENT,
    MODEL_PIPELINE,
)
