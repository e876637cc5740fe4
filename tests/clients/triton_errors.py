"""What tritonclient says of a refused request."""

from collections.abc import Callable

from tritonclient.utils import InferenceServerException

__all__ = ["error_of"]


def error_of(call: Callable[[], object]) -> list[str] | None:
    """Return status and message of the refusal, or None if there is none."""
    try:
        call()
    except InferenceServerException as error:
        return [error.status(), error.message()]
    return None
