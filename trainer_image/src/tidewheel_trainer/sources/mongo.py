"""Collections of MongoDB and of what speaks its protocol."""

import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bson import json_util
from bson.errors import BSONError
from bson.raw_bson import RawBSONDocument
from pymongo.collection import Collection

from tidewheel_contracts.api.v1alpha1.source_databases import MongoSource
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.sources.connector import Context, Look, Piece
from tidewheel_trainer.sources.document_spool import spool, write_spooled
from tidewheel_trainer.sources.documents import DocumentError
from tidewheel_trainer.sources.mongo_cursor import CursorRange, fingerprint_of, newest_of
from tidewheel_trainer.sources.mongo_server import Client, connected, explained_faults
from tidewheel_trainer.sources.retrying import AwayError, with_retries

__all__ = ["MongoConnector"]

_AFTER = "after"
_DOCUMENTS_AT_A_TIME = 1000


class MongoConnector:
    """With a cursor each piece is the documents after the last; without one, all of them."""

    is_repeatable = True
    has_documents = True
    notes: Sequence[str] = ()

    def __init__(self, source: MongoSource, context: Context) -> None:
        """Open nothing yet.

        Raises:
            TrainerError: SourceRefused, when the filter is not extended JSON.
        """
        self._source = source
        self._context = context
        self._client: Client | None = None
        try:
            self._filter: dict[str, Any] = json_util.loads(json.dumps(source.filter))
        except (TypeError, ValueError, BSONError) as error:
            raise TrainerError(
                FailureReason.SOURCE_REFUSED,
                f"`source.mongo.filter` is not extended JSON of MongoDB: {error}",
            ) from error

    def look(self, position: Mapping[str, str]) -> Look:
        """Look at the highest value of the cursor; without a cursor only reading tells."""
        return with_retries(lambda: self._look(position))

    def land(self, piece: Piece, target: Path) -> None:
        """Write a piece's documents, in order of the cursor and `_id`; begin anew when cut off."""
        with TemporaryDirectory(dir=self._context.scratch) as folder:
            file = Path(folder) / "documents"
            try:
                columns = with_retries(lambda: spool(self._documents(piece), file))
            except DocumentError as error:
                raise TrainerError(
                    FailureReason.SOURCE_UNREADABLE, f"in {self._name} {error}"
                ) from error
            write_spooled(file, columns, target, self._source.collection)

    def close(self) -> None:
        """Give back connections."""
        if self._client is not None:
            self._client.close()
            self._client = None

    @property
    def _name(self) -> str:
        return f"the collection '{self._source.database}.{self._source.collection}'"

    def _look(self, position: Mapping[str, str]) -> Look:
        with self._asked() as collection:
            self._require(collection)
            if self._source.cursor is None:
                # Another mark at each look: the documents are always read.
                return Look((Piece(self._source.collection, secrets.token_hex(8)),), None)
            column = self._source.cursor.column
            before = position.get(_AFTER)
            newest = newest_of(collection, self._filter, column, before)
            if newest is None:
                return Look((), fingerprint_of(self._source, before), position, new_rows=0)
            new = CursorRange(column, before, newest)
            piece = Piece(new.words, new.to_json())
            count = collection.count_documents(new.within(self._filter))
            fingerprint = fingerprint_of(self._source, newest)
            return Look((piece,), fingerprint, {_AFTER: newest}, new_rows=count)

    def _documents(self, piece: Piece) -> Iterator[RawBSONDocument]:
        order, wanted = [("_id", 1)], self._filter
        if self._source.cursor is not None:
            found = CursorRange.of_json(piece.mark)
            wanted = found.within(self._filter)
            if found.column != "_id":
                order = [(found.column, 1), *order]
        with self._asked() as collection:
            self._require(collection)
            reading = collection.find(wanted, batch_size=_DOCUMENTS_AT_A_TIME).sort(order)
            with reading.allow_disk_use(True) as documents:
                yield from documents
            # A collection that was dropped meanwhile may look like one that came to its end.
            self._require(collection)

    @contextmanager
    def _asked(self) -> Iterator[Collection[RawBSONDocument]]:
        """Give the collection; a connection that broke is made anew the next time."""
        try:
            if self._client is None:
                self._client = connected(self._source, self._context)
            with explained_faults(self._source):
                yield self._client[self._source.database][self._source.collection]
        except AwayError:
            self.close()
            raise

    def _require(self, collection: Collection[RawBSONDocument]) -> None:
        wanted = {"name": self._source.collection}
        if self._source.collection not in collection.database.list_collection_names(filter=wanted):
            raise TrainerError(
                FailureReason.SOURCE_REFUSED,
                f"{self._name} is not there; correct `source.mongo.database` and `collection`, or "
                "make it",
            )
