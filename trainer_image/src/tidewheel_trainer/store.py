"""What a program needs from object storage, and nothing that tells which storage it is."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

__all__ = ["ObjectChangedError", "ObjectMissingError", "Store", "StoredObject"]


@dataclass(frozen=True, slots=True)
class StoredObject:
    """One entry of a listing; the ETag changes whenever the bytes do."""

    key: str
    size_bytes: int
    etag: str


class ObjectMissingError(Exception):
    """There is no object of this key."""

    def __init__(self, key: str) -> None:
        """Name the key."""
        super().__init__(f"there is no object {key!r}")
        self.key = key


class ObjectChangedError(Exception):
    """The object of this key has another ETag than the wanted one."""

    def __init__(self, key: str) -> None:
        """Name the key."""
        super().__init__(f"the object {key!r} was replaced")
        self.key = key


class Store(Protocol):
    """One bucket. Every method may raise TrainerError for a bucket that is missing or refuses."""

    def list_objects(self, prefix: str) -> Iterator[StoredObject]:
        """Yield all objects whose keys begin with `prefix`."""
        ...

    def has(self, key: str) -> bool:
        """Say whether the key is there."""
        ...

    def get(self, key: str) -> bytes:
        """Return an object's bytes, or raise ObjectMissingError."""
        ...

    def get_to_file(self, key: str, path: Path, etag: str | None = None) -> None:
        """Write an object's bytes to a file in bounded memory, or raise ObjectMissingError.

        With `etag`, raise ObjectChangedError when the object has another one by now.
        """
        ...

    def put(self, key: str, data: bytes) -> None:
        """Write an object, whatever was there."""
        ...

    def put_if_absent(self, key: str, data: bytes | Path) -> bool:
        """Write an object unless the key is there; say whether it was written."""
        ...

    def delete(self, key: str) -> None:
        """Remove an object; one that is not there is no fault."""
        ...
