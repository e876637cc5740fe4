"""Read the request file and check it against this program's version of the contract."""

from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError

__all__ = ["read_request"]

Request = TypeVar("Request", bound=BaseModel)


def read_request(path: Path, model: type[Request]) -> Request:
    """Return the request.

    Raises:
        TrainerError: RequestInvalid, when there is no such file or it is not such a request.
    """
    try:
        return model.model_validate_json(path.read_bytes())
    except OSError as error:
        raise TrainerError(
            FailureReason.REQUEST_INVALID,
            f"the request file {path} cannot be read ({error.strerror}); the operator mounts it",
        ) from error
    except ValidationError as error:
        raise TrainerError(
            FailureReason.REQUEST_INVALID,
            f"{path} is not a {model.__name__} of this version: {_first_fault(error)}; operator "
            "and trainer image must be of the same release",
        ) from error


def _first_fault(error: ValidationError) -> str:
    fault = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in fault["loc"]) or "the document"
    return f"{place}: {fault['msg']}"
