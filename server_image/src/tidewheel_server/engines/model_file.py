"""Opens a model file without ever running what is in it: limits and allow-list before skops."""

import io
import json
import zipfile
from typing import Any, cast

import skops.io
from skops.io.exceptions import UnsupportedTypeException, UntrustedTypesFoundException

from tidewheel_contracts.artifact.trusted_types import (
    TRUSTED_TYPES,
    missing_library,
    unlisted_types,
)
from tidewheel_contracts.job import FailureReason
from tidewheel_server.engines.fitted import Fitted
from tidewheel_server.errors import LoadError

__all__ = ["open_model"]

_SCHEMA_MEMBER = "schema.json"
_SCHEMA_LIMIT_BYTES = 64 * 1024 * 1024
# A zip may hold a thousand times its own size, and a model of many trees has many members.
_UNPACKED_LIMIT_BYTES = 4 * 1024 * 1024 * 1024
_MEMBER_LIMIT = 100_000


def open_model(data: bytes) -> Fitted:
    """Return the fitted scikit-learn object of a `model.skops` file.

    Raises:
        LoadError: the file is no skops file, is too large inside, holds a type not on our list, or
            needs a library that this image lacks.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            schema = _checked_schema(archive)
    except (zipfile.BadZipFile, KeyError, ValueError, RecursionError) as error:
        raise _damaged(f"is no skops file: {error}") from error
    unlisted = unlisted_types(schema)
    if unlisted:
        raise _damaged(f"holds types that are not on the allow-list: {', '.join(unlisted)}")
    try:
        model = skops.io.loads(data, trusted=list(TRUSTED_TYPES))
    except UntrustedTypesFoundException as error:
        raise _damaged(f"is refused by skops: {str(error).splitlines()[0]}") from error
    except ImportError as error:
        missing = missing_library(error)
        if missing is None:
            raise _damaged(f"cannot be read: {type(error).__name__}: {error}") from error
        raise LoadError(
            FailureReason.ESTIMATOR_UNKNOWN,
            f"The model file {missing}, or let another version serve",
        ) from error
    except (
        UnsupportedTypeException, zipfile.BadZipFile, AttributeError, KeyError,
        IndexError, TypeError, ValueError, RecursionError,
    ) as error:  # fmt: skip
        # skops has no error of its own for a schema that it cannot follow.
        raise _damaged(f"cannot be read: {type(error).__name__}: {error}") from error
    if not hasattr(model, "predict"):
        raise _damaged("holds no model")
    return cast("Fitted", model)


def _checked_schema(archive: zipfile.ZipFile) -> dict[str, Any]:
    members = archive.infolist()
    if len(members) > _MEMBER_LIMIT:
        raise _damaged(f"holds {len(members)} members, more than {_MEMBER_LIMIT}")
    unpacked = sum(member.file_size for member in members)
    if unpacked > _UNPACKED_LIMIT_BYTES:
        raise _damaged(f"unpacks to {unpacked} bytes, more than {_UNPACKED_LIMIT_BYTES}")
    if archive.getinfo(_SCHEMA_MEMBER).file_size > _SCHEMA_LIMIT_BYTES:
        raise _damaged("has a too large schema")
    schema = json.loads(archive.read(_SCHEMA_MEMBER))
    if not isinstance(schema, dict):
        raise _damaged("has a schema that is no object")
    return schema


def _damaged(what: str) -> LoadError:
    return LoadError(FailureReason.ARTIFACT_DAMAGED, f"The model file {what}")
