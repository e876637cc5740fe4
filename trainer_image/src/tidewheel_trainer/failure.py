"""The one exception that ends a program with words for the person who wrote the object."""

from tidewheel_contracts.job import ExitCode, Failure, FailureReason

__all__ = ["TrainerError"]


class TrainerError(Exception):
    """The request cannot be fulfilled, for this reason, as this message says."""

    def __init__(
        self, reason: FailureReason, message: str, *, failures: tuple[str, ...] = ()
    ) -> None:
        """Keep the reason beside the message, and the checks that failed."""
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.failures = failures

    def as_failure(self) -> Failure:
        """Return the termination message."""
        return Failure(reason=self.reason, message=self.message[:3000], failures=self.failures)

    @property
    def exit_code(self) -> int:
        """Return how the process ends: only who does not answer is worth another try."""
        if self.reason in (FailureReason.STORE_UNAVAILABLE, FailureReason.SOURCE_UNAVAILABLE):
            return ExitCode.STORE_UNAVAILABLE
        return ExitCode.USER_ERROR
