"""Put what tells of a snapshot into the store; the manifest commits, so it is the last."""

import json

from tidewheel_contracts.artifact import layout
from tidewheel_contracts.artifact.snapshot import SourceIndex, manifest_bytes
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.collect.task import Task
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.manifests import SNAPSHOT_REMEDY

__all__ = ["publish", "publish_failures"]


def publish(
    task: Task,
    fingerprint: str,
    index: SourceIndex,
    manifest: bytes,
    report: dict[str, object],
    described: dict[str, bytes],
) -> None:
    """Write index, report, profile and manifest of a snapshot whose parts are in the store already.

    The index may replace one of the same fingerprint: a source can return to an earlier state
    while the snapshot, which forgets nothing, does not. A manifest that is already there must have
    the same bytes, because its name is their digest.

    Raises:
        TrainerError: ArtifactDamaged, when it has others.
    """
    store, folder = task.store, task.folder
    name = index.snapshot_digest.removeprefix("sha256:")
    store.put(layout.source_index_key(folder, fingerprint), manifest_bytes(index))
    store.put_if_absent(layout.report_key(folder, name), json.dumps(report).encode())
    for suffix, data in described.items():
        store.put_if_absent(layout.described_key(folder, name, suffix), data)
    key = layout.snapshot_key(folder, name)
    if not store.put_if_absent(key, manifest) and store.get(key) != manifest:
        raise TrainerError(
            FailureReason.ARTIFACT_DAMAGED,
            f"the snapshot's manifest {key!r} was changed; {SNAPSHOT_REMEDY}",
        )


def publish_failures(task: Task, fingerprint: str, failures: tuple[str, ...]) -> str:
    """Write every check that a collection failed; return the key."""
    key = layout.failures_key(task.folder, fingerprint)
    data = {"failedAt": task.surroundings.moment(), "failures": list(failures)}
    task.store.put(key, json.dumps(data, ensure_ascii=False, indent=1).encode())
    return key
