"""The one exception that ends a program with words for the person who wrote the object."""

from tidewheel_contracts.job import ExitCode, Failure, FailureReason

__all__ = ["TrainerError"]

_WORTH_ANOTHER_TRY = frozenset(
    {
        FailureReason.STORE_UNAVAILABLE,
        FailureReason.SOURCE_UNAVAILABLE,
        FailureReason.RAY_UNAVAILABLE,
        # Applied together with its Dataset, it may come a moment later.
        FailureReason.SECRET_MISSING,
    }
)


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
        """Return how the process ends: what may be there in a minute is worth another try."""
        if self.reason in _WORTH_ANOTHER_TRY:
            return ExitCode.STORE_UNAVAILABLE
        return ExitCode.USER_ERROR
