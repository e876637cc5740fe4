"""Which objects a source consists of now, and the fingerprint that tells whether that changed."""

import hashlib
import json
from collections.abc import Iterable

from tidewheel_trainer.store import Store, StoredObject

__all__ = ["fingerprint", "source_objects"]


def source_objects(store: Store, prefix: str) -> tuple[StoredObject, ...]:
    """Return the objects below the prefix in order of their keys.

    Keys that end in a slash and objects without bytes are folder marks of other tools, not data.
    """
    listed = store.list_objects(prefix)
    data = (entry for entry in listed if entry.size_bytes and not entry.key.endswith("/"))
    return tuple(sorted(data, key=lambda entry: entry.key))


def fingerprint(objects: Iterable[StoredObject]) -> str:
    """Return the digest over key, size and ETag of every object, in the given order."""
    digest = hashlib.sha256()
    for entry in objects:
        digest.update(json.dumps([entry.key, entry.size_bytes, entry.etag]).encode() + b"\n")
    return f"sha256:{digest.hexdigest()}"
