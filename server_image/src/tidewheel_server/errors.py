"""Why a server cannot serve its model.

LoadError             permanent: the same bytes and the same Secret will fail again
├── ObjectMissingError     the store has no such object
└── StoreUnavailableError  the store or the network failed: worth another try
"""

from tidewheel_contracts.job import Failure, FailureReason

__all__ = ["LoadError", "ObjectMissingError", "StoreUnavailableError"]

_MESSAGE_CHARACTERS = 3000


class LoadError(Exception):
    """The model cannot be served; the message is one sentence for the owner of the object."""

    def __init__(self, reason: FailureReason, message: str) -> None:
        super().__init__(message)
        self.failure = Failure(reason=reason, message=message[:_MESSAGE_CHARACTERS])


class ObjectMissingError(LoadError):
    """The store has no object of this key."""

    def __init__(self, message: str) -> None:
        super().__init__(FailureReason.ARTIFACT_DAMAGED, message)


class StoreUnavailableError(LoadError):
    """The store does not answer, or answers that it cannot."""

    def __init__(self, message: str) -> None:
        super().__init__(FailureReason.STORE_UNAVAILABLE, message)
