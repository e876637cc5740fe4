"""The file that the rows of all pages are written to, with what must be known of them."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import BinaryIO

from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.sources.http_cursor import Highest
from tidewheel_trainer.sources.http_rows import Row

__all__ = ["Spool"]


@dataclass(slots=True)
class Spool:
    """Takes the rows of one page after the other; with a cursor it keeps the new ones only."""

    stream: BinaryIO
    limit_bytes: int
    highest: Highest | None = None
    kept: int = 0
    received: int = 0
    _size: int = 0
    _header: bytes | None = None
    _page: bytes = b""
    _digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)

    @property
    def digest(self) -> str:
        """Return the digest of what was written."""
        return self._digest.hexdigest()

    def take(self, rows: Iterable[Row], name: str) -> int:
        """Write the new rows of a page; return how many rows it had.

        Raises:
            TrainerError: SourceUnreadable, when the page cannot follow the one before it.
        """
        count = 0
        page = hashlib.sha256()
        for raw, values in rows:
            if values is None:
                self._take_header(raw, name)
                continue
            count += 1
            page.update(raw)
            if self.highest is None or self.highest.takes(values, f"row {count} of {name}"):
                self.kept += 1
                self._write(raw, name)
        if count and page.digest() == self._page:
            raise _unreadable(
                f"{name} has the very rows of the page before it, so the server does not "
                "understand how it is asked for pages; correct `pages` of the source"
            )
        self._page = page.digest()
        self.received += count
        return count

    def _take_header(self, raw: bytes, name: str) -> None:
        if self._header is None:
            self._header = raw
            self._write(raw, name)
        elif raw != self._header:
            raise _unreadable(
                f"{name} has another header than the pages before it; correct the server, or name "
                "the columns in `csv.columnNames` of the source if its pages have no header"
            )

    def _write(self, raw: bytes, name: str) -> None:
        self._size += len(raw)
        if self._size > self.limit_bytes:
            raise _unreadable(
                f"with {name} there are more than {self.limit_bytes >> 20:,} MiB of rows; read "
                "fewer with a query in `url`, or only new ones with `cursor` of the source"
            )
        self._digest.update(raw)
        self.stream.write(raw)


def _unreadable(message: str) -> TrainerError:
    return TrainerError(FailureReason.SOURCE_UNREADABLE, message)
