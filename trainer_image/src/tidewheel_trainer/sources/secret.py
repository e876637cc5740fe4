"""The Secret that a source names: without it nothing is tried, and least of all without a login."""

from collections.abc import Mapping

from tidewheel_contracts.api.v1alpha1.dataset_source import Source, source_secret_name
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError

__all__ = ["require_secret"]


def require_secret(source: Source, credentials: Mapping[str, str]) -> None:
    """Check that the Secret of a source is mounted.

    Raises:
        TrainerError: SecretMissing, when the source names one and no key of it is there.
    """
    name = source_secret_name(source)
    if name is not None and not credentials:
        raise TrainerError(
            FailureReason.SECRET_MISSING,
            f"Secret '{name}', which the source names, does not exist in the Dataset's namespace "
            "or has no keys; create it, and the source is looked at again",
        )
