"""Read what is new at the source: land each piece, do the steps of single rows, write its parts."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from tidewheel_contracts.artifact.snapshot import (
    SnapshotColumn,
    SnapshotPart,
    SourcePiece,
    StepCount,
)
from tidewheel_trainer.check.rows import quarantined
from tidewheel_trainer.clean.steps import cleaned
from tidewheel_trainer.collect.columns import Agreement, Roles, agreement
from tidewheel_trainer.collect.completing import completed
from tidewheel_trainer.collect.part_writer import read_schema, write_parts
from tidewheel_trainer.collect.parts import stored
from tidewheel_trainer.collect.previous import Previous
from tidewheel_trainer.collect.task import Task
from tidewheel_trainer.sources.connector import Connector, Look, Piece

__all__ = ["Gathered", "gathered", "written"]


@dataclass(frozen=True, slots=True)
class Gathered:
    """All pieces in the order of their parts, their columns, and how many rows are new."""

    columns: tuple[SnapshotColumn, ...]
    pieces: tuple[SourcePiece, ...]
    fields: tuple[str, ...]
    ignored: tuple[str, ...]
    new_rows: int


def gathered(task: Task, connector: Connector, look: Look, previous: Previous | None) -> Gathered:
    """Return what the source amounts to, after reading what is new or changed.

    Raises:
        TrainerError: with the reasons of the source, the steps and the columns.
    """
    known: Mapping[str, SourcePiece] = previous.pieces if previous else {}
    kept = dict(known)
    columns = previous.columns if previous else ()
    fields = previous.fields if previous else ()
    new = [piece for piece in look.pieces if not _is_known(piece, known.get(piece.key))]
    ignored: set[str] = set()
    for position, piece in enumerate(new):
        percent = 5 + 75 * position // len(new)
        task.progress("Reading", percent, f"piece {position + 1} of {len(new)}: {piece.key}")
        landed = task.scratch / "landed"
        connector.land(piece, landed)
        if connector.has_documents:
            fields = completed(landed, fields)
        agreed, kept[piece.key] = _taken_in(task, landed, piece, columns)
        columns = agreed.columns
        ignored.update(agreed.ignored)
    new_rows = sum(max(0, _rows(kept[piece.key]) - _rows(known.get(piece.key))) for piece in new)
    # A source that is read from a position names only what is new: everything before it stays.
    held = kept if look.position else _without_renamed(kept, look.pieces)
    pieces = tuple(sorted(held.values(), key=_place))
    return Gathered(columns, pieces, fields, tuple(sorted(ignored)), new_rows)


def written(
    task: Task, source: Path, columns: tuple[SnapshotColumn, ...], roles: Roles, name: str
) -> tuple[Agreement, tuple[SnapshotPart, ...]]:
    """Write a file's rows as parts, on disk and in the store."""
    agreed = agreement(columns, read_schema(source, name), roles, name)
    parts = write_parts(source, task.scratch, agreed.part_schema, roles, name)
    stored(task, parts)
    return agreed, parts


def _taken_in(
    task: Task, landed: Path, piece: Piece, columns: tuple[SnapshotColumn, ...]
) -> tuple[Agreement, SourcePiece]:
    clean, kept, failed = (task.scratch / name for name in ("clean", "kept", "failed"))
    if not read_schema(landed, piece.key).names:
        # A file without a byte, or a server that answered with no row: nothing tells its columns.
        return Agreement(columns, pa.schema([]), ()), _without_rows(piece)
    counts: tuple[StepCount, ...] = ()
    rows = landed
    if task.plan.per_piece:
        counts = cleaned([landed], task.plan.per_piece, clean, task.memory)
        rows = clean
    quarantine: tuple[SnapshotPart, ...] = ()
    if task.plan.quarantines_pieces:
        quarantined(rows, task.request.checks, kept, failed, task.memory)
        quarantine = written(task, failed, (), Roles(None, None), piece.key)[1]
        rows = kept
    roles = Roles(None, None) if task.plan.makes_parts_of_all else task.roles
    agreed, parts = written(task, rows, columns, roles, piece.key)
    for file in (landed, clean, kept, failed):
        file.unlink(missing_ok=True)
    return agreed, SourcePiece(
        key=piece.key,
        mark=piece.mark,
        size_bytes=piece.size_bytes,
        parts=parts,
        steps=counts,
        quarantine=quarantine,
    )


def _without_rows(piece: Piece) -> SourcePiece:
    return SourcePiece(key=piece.key, mark=piece.mark, size_bytes=piece.size_bytes, parts=())


def _is_known(piece: Piece, known: SourcePiece | None) -> bool:
    return known is not None and (known.size_bytes, known.mark) == (piece.size_bytes, piece.mark)


def _without_renamed(
    kept: Mapping[str, SourcePiece], present: tuple[Piece, ...]
) -> dict[str, SourcePiece]:
    """Drop what is there under another key now; what vanished otherwise stays."""
    there = {piece.key for piece in present}
    parts = {part.sha256 for key in there for part in kept[key].parts}
    return {
        key: piece
        for key, piece in kept.items()
        if key in there or not parts.issuperset(part.sha256 for part in piece.parts)
    }


def _place(piece: SourcePiece) -> tuple[str, tuple[str, ...], str]:
    """Return what orders pieces; the key only where equal parts leave nothing to choose."""
    latest = max((part.latest_time or "" for part in piece.parts), default="")
    # Without its Z the text of an earlier moment is a prefix of, or sorts before, a later one's.
    return (latest.removesuffix("Z"), tuple(part.sha256 for part in piece.parts), piece.key)


def _rows(piece: SourcePiece | None) -> int:
    return sum(part.rows for part in piece.parts) if piece is not None else 0
