"""The zip around a model: limits and allow-list, before anybody reads what is in it."""

import io
import json
import zipfile
from typing import Any

from tidewheel_contracts.artifact.trusted_types import unlisted_types
from tidewheel_contracts.job import FailureReason
from tidewheel_server.errors import LoadError

__all__ = ["checked_archive", "damaged"]

_SCHEMA_MEMBER = "schema.json"
_SCHEMA_LIMIT_BYTES = 64 * 1024 * 1024
# A zip may hold a thousand times its own size, and a model of many trees has many members.
_UNPACKED_LIMIT_BYTES = 4 * 1024 * 1024 * 1024
_MEMBER_LIMIT = 100_000


def checked_archive(data: bytes) -> tuple[zipfile.ZipFile, dict[str, Any]]:
    """Return the archive of a `model.skops` file, and its schema.

    Raises:
        LoadError: the file is no skops file, is too large inside, or holds a type not on our list.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        schema = _checked_schema(archive)
    except (zipfile.BadZipFile, KeyError, ValueError, RecursionError) as error:
        raise damaged(f"is no skops file: {error}") from error
    unlisted = unlisted_types(schema)
    if unlisted:
        raise damaged(f"holds types that are not on the allow-list: {', '.join(unlisted)}")
    return archive, schema


def damaged(what: str) -> LoadError:
    """Return the error for a model file that nobody can load; `what` goes on with its sentence."""
    return LoadError(FailureReason.ARTIFACT_DAMAGED, f"The model file {what}")


def _checked_schema(archive: zipfile.ZipFile) -> dict[str, Any]:
    members = archive.infolist()
    if len(members) > _MEMBER_LIMIT:
        raise damaged(f"holds {len(members)} members, more than {_MEMBER_LIMIT}")
    unpacked = sum(member.file_size for member in members)
    if unpacked > _UNPACKED_LIMIT_BYTES:
        raise damaged(f"unpacks to {unpacked} bytes, more than {_UNPACKED_LIMIT_BYTES}")
    if archive.getinfo(_SCHEMA_MEMBER).file_size > _SCHEMA_LIMIT_BYTES:
        raise damaged("has a too large schema")
    schema = json.loads(archive.read(_SCHEMA_MEMBER))
    if not isinstance(schema, dict):
        raise damaged("has a schema that is no object")
    return schema
