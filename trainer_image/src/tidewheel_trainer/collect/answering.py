"""What a collection answers: a snapshot, an earlier one again, or why there is none."""

from collections.abc import Sequence

from tidewheel_contracts.api.v1alpha1.common import Column
from tidewheel_contracts.api.v1alpha1.dataset import Snapshot
from tidewheel_contracts.artifact.snapshot import SnapshotManifest
from tidewheel_contracts.job import CollectRequest, CollectResult, FailureReason
from tidewheel_trainer.collect.previous import Previous
from tidewheel_trainer.collect.publish import publish_failures
from tidewheel_trainer.collect.task import Task
from tidewheel_trainer.failure import TrainerError

__all__ = ["failed_checks", "result_of", "source_empty", "told_again"]

_COLUMNS_IN_STATUS = 32
_TYPE_TEXT_IN_STATUS = 32
_TEXTS_IN_STATUS = 10
_LONGEST_TEXT = 512


def result_of(
    manifest: SnapshotManifest,
    digest: str,
    key: str,
    fingerprint: str,
    ignored: tuple[str, ...],
    changes: tuple[str, ...],
    notes: Sequence[str] = (),
) -> CollectResult:
    """Return the answer that tells of a new snapshot."""
    columns = manifest.columns[:_COLUMNS_IN_STATUS]
    return CollectResult(
        snapshot=Snapshot(
            digest=digest,
            manifest_key=key,
            rows=manifest.rows,
            labelled_rows=manifest.labelled_rows,
            size_bytes=sum(part.size_bytes for part in manifest.parts),
            parts=len(manifest.parts),
            quarantined_rows=manifest.quarantined_rows,
            latest_time=manifest.latest_time,
        ),
        source_fingerprint=fingerprint,
        seen_fingerprint=fingerprint,
        columns=tuple(
            Column(name=column.name, type=column.type[:_TYPE_TEXT_IN_STATUS]) for column in columns
        ),
        ignored_columns=ignored,
        schema_changes=_shown(changes),
        notes=_shown(notes),
    )


def told_again(known: Previous, seen: str, waiting_rows: int = 0) -> CollectResult:
    """Return the answer that tells of an earlier snapshot."""
    told = result_of(
        known.manifest, known.digest, known.manifest_key, known.fingerprint, known.ignored, ()
    )
    return told.model_copy(update={"seen_fingerprint": seen, "waiting_rows": waiting_rows})


def failed_checks(task: Task, fingerprint: str, failures: tuple[str, ...]) -> TrainerError:
    """Write all failed checks to the store; return the error that tells the first of them."""
    key = publish_failures(task, fingerprint, failures)
    checks = "a check" if len(failures) == 1 else f"{len(failures)} checks"
    return TrainerError(
        FailureReason.CHECK_FAILED,
        f"the rows fail {checks}, so no snapshot was made: {failures[0]}; all of them are in the "
        f"object {key!r}; mend the source, add a step, or correct the checks",
        failures=_shown(failures),
    )


def source_empty(request: CollectRequest) -> TrainerError:
    """Return the error that tells that there is no row."""
    return TrainerError(
        FailureReason.SOURCE_EMPTY, f"{_named(request)}; deliver data or correct the Dataset"
    )


def _named(request: CollectRequest) -> str:
    source, bucket = request.source, request.store.spec.bucket
    if source.s3 is not None:
        name = source.s3.bucket.bucket if source.s3.bucket else bucket
        pattern = f" and matches {source.s3.pattern!r}" if source.s3.pattern else ""
        return (
            f"bucket {name!r} has no row in objects whose key begins with "
            f"{source.s3.prefix!r}{pattern}"
        )
    (kind,) = source.to_wire()
    steps = " that is left after the steps" if request.steps else ""
    return f"the source `{kind}` has no row{steps}"


def _shown(texts: Sequence[str]) -> tuple[str, ...]:
    return tuple(
        text if len(text) <= _LONGEST_TEXT else text[: _LONGEST_TEXT - 1] + "…"
        for text in texts[:_TEXTS_IN_STATUS]
    )
