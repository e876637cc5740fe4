"""Why a server cannot serve its model.

LoadError             permanent: the same bytes and the same Secret will fail again
└── StoreUnavailableError  the store or the network failed: worth another try
"""

from tidewheel_contracts.job import Failure, FailureReason

__all__ = ["LoadError", "StoreUnavailableError"]

_MESSAGE_CHARACTERS = 3000


class LoadError(Exception):
    """The model cannot be served; the message is one sentence for the owner of the object."""

    def __init__(self, reason: FailureReason, message: str) -> None:
        super().__init__(message)
        self.failure = Failure(reason=reason, message=message[:_MESSAGE_CHARACTERS])


class StoreUnavailableError(LoadError):
    """The store does not answer, or answers that it cannot."""

    def __init__(self, message: str) -> None:
        super().__init__(FailureReason.STORE_UNAVAILABLE, message)
