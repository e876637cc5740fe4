"""Opens a model file without ever running what is in it: limits and allow-list before skops."""

import zipfile
from typing import cast

import skops.io
from skops.io.exceptions import UnsupportedTypeException, UntrustedTypesFoundException

from tidewheel_contracts.artifact.trusted_types import TRUSTED_TYPES, missing_library
from tidewheel_contracts.job import FailureReason
from tidewheel_server.engines.archive import checked_archive, damaged
from tidewheel_server.engines.fitted import Fitted
from tidewheel_server.errors import LoadError

__all__ = ["open_model"]


def open_model(data: bytes) -> Fitted:
    """Return the fitted scikit-learn object of a `model.skops` file.

    Raises:
        LoadError: the file is no skops file, is too large inside, holds a type not on our list, or
            needs a library that this image lacks.
    """
    archive, _ = checked_archive(data)
    archive.close()
    try:
        model = skops.io.loads(data, trusted=list(TRUSTED_TYPES))
    except UntrustedTypesFoundException as error:
        raise damaged(f"is refused by skops: {str(error).splitlines()[0]}") from error
    except ImportError as error:
        missing = missing_library(error)
        if missing is None:
            raise damaged(f"cannot be read: {type(error).__name__}: {error}") from error
        raise LoadError(
            FailureReason.ESTIMATOR_UNKNOWN,
            f"The model file {missing}, or let another version serve",
        ) from error
    except (
        UnsupportedTypeException, zipfile.BadZipFile, AttributeError, KeyError,
        IndexError, TypeError, ValueError, RecursionError,
    ) as error:  # fmt: skip
        # skops has no error of its own for a schema that it cannot follow.
        raise damaged(f"cannot be read: {type(error).__name__}: {error}") from error
    if not hasattr(model, "predict"):
        raise damaged("holds no model")
    return cast("Fitted", model)
