"""Put a snapshot's index, report and manifest into the store; the manifest commits: it is last."""

import json

from tidewheel_contracts.artifact import layout
from tidewheel_contracts.artifact.snapshot import SourceIndex, manifest_bytes
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.manifests import SNAPSHOT_REMEDY
from tidewheel_trainer.store import Store
from tidewheel_trainer.surroundings import Surroundings

__all__ = ["publish"]


def publish(
    store: Store,
    folder: str,
    fingerprint: str,
    index: SourceIndex,
    manifest: bytes,
    started: str,
    surroundings: Surroundings,
) -> None:
    """Write index, report and manifest of a snapshot whose parts are in the store already.

    The index may replace one of the same fingerprint: a source can return to an earlier state
    while the snapshot, which forgets nothing, does not. A manifest that is already there must have
    the same bytes, because its name is their digest.

    Raises:
        TrainerError: ArtifactDamaged, when it has others.
    """
    name = index.snapshot_digest.removeprefix("sha256:")
    store.put(layout.source_index_key(folder, fingerprint), manifest_bytes(index))
    report = {
        "startedAt": started,
        "endedAt": surroundings.moment(),
        "host": surroundings.host,
        "gitRevision": surroundings.git_revision,
        "libraries": surroundings.libraries,
        "sourceObjects": len(index.objects),
    }
    store.put_if_absent(layout.report_key(folder, name), json.dumps(report).encode())
    key = layout.snapshot_key(folder, name)
    if not store.put_if_absent(key, manifest) and store.get(key) != manifest:
        raise TrainerError(
            FailureReason.ARTIFACT_DAMAGED,
            f"the snapshot's manifest {key!r} was changed; {SNAPSHOT_REMEDY}",
        )
