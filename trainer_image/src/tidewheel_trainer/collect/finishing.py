"""From the pieces to the snapshot's rows: steps of the whole, checks, and what is told of them."""

from collections.abc import Iterable
from dataclasses import dataclass

from tidewheel_contracts.api.v1alpha1.dataset_checks import OnFailure
from tidewheel_contracts.artifact.snapshot import SnapshotColumn, SnapshotPart, StepCount
from tidewheel_trainer.check.rows import quarantined
from tidewheel_trainer.check.whole import failures
from tidewheel_trainer.clean.steps import cleaned
from tidewheel_trainer.collect.columns import Roles
from tidewheel_trainer.collect.gathering import Gathered, written
from tidewheel_trainer.collect.parts import local_parts
from tidewheel_trainer.collect.task import Task

__all__ = ["Finished", "check_failures", "finished"]


@dataclass(frozen=True, slots=True)
class Finished:
    """The snapshot's columns and parts, what each step did, and what is in quarantine."""

    columns: tuple[SnapshotColumn, ...]
    parts: tuple[SnapshotPart, ...]
    steps: tuple[StepCount, ...]
    quarantine: tuple[SnapshotPart, ...]


def finished(task: Task, gathered: Gathered) -> Finished:
    """Return the rows of the snapshot, after the steps that need all of them.

    Raises:
        TrainerError: with the reasons of steps and columns, and ArtifactDamaged.
    """
    pieces = gathered.pieces
    parts = tuple(part for piece in pieces for part in piece.parts)
    counts = _added_up(piece.steps for piece in pieces)
    if not task.plan.makes_parts_of_all:
        quarantine = tuple(part for piece in pieces for part in piece.quarantine)
        return Finished(gathered.columns, parts, counts, quarantine)
    if not parts:
        return Finished(gathered.columns, (), counts, ())
    task.progress("Cleaning", 80, f"{len(parts)} parts, all rows at once")
    inputs = local_parts(task, parts)
    clean, kept, failed = (task.scratch / name for name in ("clean", "kept", "failed"))
    place = len(task.plan.per_piece)
    more = cleaned(inputs, task.plan.whole, clean, task.memory, first_place=place)
    rows, quarantine = clean, ()
    if task.request.checks.on_failure is OnFailure.QUARANTINE:
        quarantined(clean, task.request.checks, kept, failed, task.memory)
        quarantine = written(task, failed, (), Roles(None, None), "the quarantine")[1]
        rows = kept
    agreed, whole = written(task, rows, (), task.roles, "the cleaned data set")
    for file in (clean, kept, failed):
        file.unlink(missing_ok=True)
    return Finished(agreed.columns, whole, (*counts, *more), quarantine)


def check_failures(task: Task, done: Finished) -> tuple[str, ...]:
    """Return every check that the snapshot's rows fail, as sentences."""
    return failures(
        local_parts(task, done.parts),
        task.request.checks,
        task.roles.time,
        task.surroundings.now(),
        task.memory,
    )


def _added_up(counts: Iterable[tuple[StepCount, ...]]) -> tuple[StepCount, ...]:
    """Return what each step did to all pieces together."""
    return tuple(
        StepCount(
            step=column[0].step,
            rows_in=sum(count.rows_in for count in column),
            rows_out=sum(count.rows_out for count in column),
        )
        for column in zip(*(one for one in counts if one), strict=True)
    )
