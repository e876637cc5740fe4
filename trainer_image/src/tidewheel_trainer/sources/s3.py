"""Objects below a prefix of a bucket: the ArtifactStore's, or another one that is only read."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from tidewheel_contracts.api.v1alpha1.source_files import DataFormat, S3Source
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.sources.bucket import other_bucket
from tidewheel_trainer.sources.connector import Context, Look, Piece
from tidewheel_trainer.sources.files import land_file
from tidewheel_trainer.sources.key_pattern import matcher
from tidewheel_trainer.store import ObjectChangedError, ObjectMissingError, Store, StoredObject

__all__ = ["S3Connector", "fingerprint"]


class S3Connector:
    """Each object is a piece, and its ETag tells its version: the rows of all are the source's."""

    is_repeatable = True
    notes: Sequence[str] = ()

    def __init__(self, source: S3Source, context: Context) -> None:
        """Open nothing yet.

        Raises:
            TrainerError: SourceRefused, when the Secret of another bucket lacks a key.
        """
        self._source = source
        self._scratch = context.scratch
        self._own_store = other_bucket(source.bucket, context) if source.bucket else None
        self._store: Store = self._own_store or context.store

    @property
    def has_documents(self) -> bool:
        """Tell whether rows are documents, which may lack fields that others have."""
        return self._source.format is DataFormat.JSON_LINES

    def look(self, position: Mapping[str, str]) -> Look:
        """List the objects, all at each look: there is no position among files."""
        objects = self._objects()
        pieces = tuple(Piece(found.key, found.etag, found.size_bytes) for found in objects)
        return Look(pieces=pieces, fingerprint=fingerprint(objects))

    def land(self, piece: Piece, target: Path) -> None:
        """Read the version of the object that was listed, and write its rows."""
        with TemporaryDirectory(dir=self._scratch) as folder:
            file = Path(folder) / "object"
            self._download(piece, file)
            land_file(file, self._source.format, self._source.csv, target, piece.key)

    def close(self) -> None:
        """Give back the connections to another bucket; the ArtifactStore's are not ours."""
        if self._own_store is not None:
            self._own_store.close()

    def _objects(self) -> tuple[StoredObject, ...]:
        """Return the objects in order of their keys.

        Keys that end in a slash and objects without bytes are folder marks of other tools.
        """
        prefix, pattern = self._source.prefix, self._source.pattern
        matches = matcher(pattern) if pattern is not None else None
        found = (
            entry
            for entry in self._store.list_objects(prefix)
            if entry.size_bytes
            and not entry.key.endswith("/")
            and (matches is None or matches(entry.key[len(prefix) :]))
        )
        return tuple(sorted(found, key=lambda entry: entry.key))

    def _download(self, piece: Piece, path: Path) -> None:
        try:
            self._store.get_to_file(piece.key, path, piece.mark)
        except (ObjectChangedError, ObjectMissingError) as error:
            fate = "replaced" if isinstance(error, ObjectChangedError) else "removed"
            raise TrainerError(
                FailureReason.SOURCE_UNAVAILABLE,
                f"object {piece.key!r} was {fate} while the source was read; the next attempt "
                "lists the objects anew",
            ) from error


def fingerprint(objects: Iterable[StoredObject]) -> str:
    """Return the digest over key, size and ETag of every object, in the given order."""
    digest = hashlib.sha256()
    for entry in objects:
        digest.update(json.dumps([entry.key, entry.size_bytes, entry.etag]).encode() + b"\n")
    return f"sha256:{digest.hexdigest()}"
