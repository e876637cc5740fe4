"""The one exception that ends a program with words for the person who wrote the object."""

from tidewheel_contracts.job import ExitCode, Failure, FailureReason

__all__ = ["TrainerError"]


class TrainerError(Exception):
    """The request cannot be fulfilled, for this reason, as this message says."""

    def __init__(self, reason: FailureReason, message: str) -> None:
        """Keep the reason beside the message."""
        super().__init__(message)
        self.reason = reason
        self.message = message

    def as_failure(self) -> Failure:
        """Return the termination message."""
        return Failure(reason=self.reason, message=self.message[:3000])

    @property
    def exit_code(self) -> int:
        """Return how the process ends: only an absent store is worth another try."""
        if self.reason is FailureReason.STORE_UNAVAILABLE:
            return ExitCode.STORE_UNAVAILABLE
        return ExitCode.USER_ERROR
