"""What a collection needs from a source, and nothing that tells which source it is.

    look(position) -> pieces, fingerprint, position after them
    land(piece)    -> a Parquet file with the piece's rows

A source that can be read from a cursor or an offset gives, at each look, one piece of the rows that
are new; one of files gives all files that are there. Rows go to disk in batches: no source is ever
in memory as a whole.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from tidewheel_contracts.api.v1alpha1.artifact_store import ArtifactStoreSpec
from tidewheel_trainer.egress.guard import Guard
from tidewheel_trainer.store import Store

__all__ = ["Connector", "Context", "Look", "Piece"]


@dataclass(frozen=True, slots=True)
class Context:
    """What a source is opened with."""

    # The ArtifactStore's bucket, for sources that are files in it.
    store: Store
    store_spec: ArtifactStoreSpec
    # The keys of the Secret that the source names and their values.
    credentials: Mapping[str, str]
    guard: Guard
    # A folder for temporary files.
    scratch: Path


@dataclass(frozen=True, slots=True)
class Piece:
    """Rows that are read at one go.

    In the data set a piece replaces an earlier one of the same key when its `mark` is another: the
    ETag of an object, the version of a table. Rows after a cursor have a key of their own.
    """

    key: str
    mark: str
    size_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Look:
    """What a look tells that reads no rows.

    Args:
        pieces: everything that belongs to the source now, or that is new since the position.
        fingerprint: digest (`sha256:...`) that changes whenever a collection would find other rows;
            None where only reading tells.
        position: where the next look goes on, by names of the source's own; empty for files.
        new_rows: rows since the position, where the source can count them without reading.
    """

    pieces: tuple[Piece, ...]
    fingerprint: str | None
    position: Mapping[str, str] = field(default_factory=dict)
    new_rows: int | None = None


class Connector(Protocol):
    """One source. Every method may raise TrainerError with the reasons Source...

    A connection that breaks is tried again until a deadline; what a person must mend is told at
    once.
    """

    # Whether rows that were read once can be read again: those of a stream may be gone.
    is_repeatable: bool

    @property
    def has_documents(self) -> bool:
        """Tell whether rows are documents, which may lack fields that others have."""
        ...

    @property
    def notes(self) -> Sequence[str]:
        """Return what a person must know of the source, such as rows that were lost."""
        ...

    def look(self, position: Mapping[str, str]) -> Look:
        """Look at the source, cheaply, from where the newest snapshot ends; {} is the start."""
        ...

    def land(self, piece: Piece, target: Path) -> None:
        """Write a piece's rows to a Parquet file, in batches, in an order that is always the same.

        The types are the source's own; a piece without a row gives a file without a row.
        """
        ...

    def close(self) -> None:
        """Give back connections."""
        ...
