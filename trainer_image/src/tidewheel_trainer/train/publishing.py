"""Put a model's files into the store and commit them by the manifest, which goes last.

A second attempt of the run may find files of the first. The same bytes are fine; lineage, which
holds times, and the report, which every release may put into other words, are taken as they lie
there; any other difference means that the two attempts ran different images, and then this one
gives way.

The signature covers the manifest too, so it is written before it. ECDSA draws a random number: a
second attempt signs anew, and either signature is of the same bytes.
"""

import hashlib
import json
import posixpath
from collections.abc import Mapping
from typing import Any

from tidewheel_contracts.api.v1alpha1.run_result import RunResult
from tidewheel_contracts.artifact.model import (
    CHECK_FILE,
    LINEAGE_FILE,
    MANIFEST_FILE,
    METRICS_FILE,
    MODEL_FILE,
    PARITY_FILE,
    PROFILE_FILE,
    REPORT_FILE,
    SUMMARY_FILE,
    ArtifactFile,
    ModelManifest,
    model_digest,
)
from tidewheel_contracts.artifact.profile import Profile
from tidewheel_contracts.artifact.signature import SIGNATURE_FILE
from tidewheel_contracts.artifact.snapshot import manifest_bytes
from tidewheel_contracts.job import FailureReason, ImportRequest
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.train.metrics import metrics_document
from tidewheel_trainer.train.outcome import Refit, Trial
from tidewheel_trainer.train.run import Run
from tidewheel_trainer.train.signing import Signer, signature_of

__all__ = ["publish_model"]

_FOR_PEOPLE = frozenset({LINEAGE_FILE, REPORT_FILE, SUMMARY_FILE})


def publish_model(
    run: Run,
    trial: Trial,
    refit: Refit,
    profile: Profile,
    result: RunResult,
    report: Mapping[str, bytes],
    signer: Signer | None,
) -> None:
    """Write all files of a model that passed, its signature if there is a key, then its manifest.

    Raises:
        TrainerError: ArtifactDamaged, when another attempt left a different file of that name.
    """
    content = {
        MODEL_FILE: refit.data,
        CHECK_FILE: manifest_bytes(refit.check),
        PARITY_FILE: manifest_bytes(refit.parity),
        PROFILE_FILE: manifest_bytes(profile),
        METRICS_FILE: _json(metrics_document(trial)),
        **report,
        LINEAGE_FILE: _json(_lineage(run, result)),
    }
    files = tuple(_stored(run, name, data) for name, data in content.items())
    manifest = ModelManifest(
        model_name=run.request.model_name,
        files=files,
        digest=model_digest(files),
        inputs=refit.inputs,
        task=refit.task,
        classes=refit.classes,
        classes_datatype=refit.classes_datatype,
        sample=refit.sample,
        recipe=trial.recipe,
        split=run.request.split,
        snapshot_digest=run.request.snapshot.digest,
        snapshot_manifest_key=run.request.snapshot.manifest_key,
        training_rows=refit.training_rows,
        trained_through=refit.trained_through,
        library_versions=run.surroundings.libraries,
    )
    data = manifest_bytes(manifest)
    if signer is not None:
        _sign(run, signer, files, data)
    # Whoever came first committed the run; what is there is reported in either case.
    run.store.put_if_absent(posixpath.join(run.folder, MANIFEST_FILE), data)


def _sign(run: Run, signer: Signer, files: tuple[ArtifactFile, ...], manifest: bytes) -> None:
    """Write the signature, whatever an attempt that committed nothing left in its place."""
    digests = {file.name: file.sha256 for file in files}
    digests[MANIFEST_FILE] = hashlib.sha256(manifest).hexdigest()
    data = signature_of(signer, posixpath.basename(run.folder), digests)
    run.store.put(posixpath.join(run.folder, SIGNATURE_FILE), data)


def _lineage(run: Run, result: RunResult) -> dict[str, Any]:
    """Return the content of lineage.json: where the model came from, and what the run reported."""
    request, surroundings = run.request, run.surroundings
    return {
        "protocol": 1,
        "run": {"name": request.run_name, "uid": request.run_uid},
        "snapshot": request.snapshot.to_wire(),
        # With its nulls: a parameter of null is not a parameter left out.
        "training": request.training.model_dump(mode="json", by_alias=True),
        "imported": request.imported.to_wire() if isinstance(request, ImportRequest) else None,
        "champion": request.champion.to_wire() if request.champion else None,
        "startedAt": run.started,
        "endedAt": surroundings.moment(),
        "host": surroundings.host,
        "machine": surroundings.machine,
        "python": surroundings.python,
        "libraries": surroundings.libraries,
        "threads": surroundings.threads,
        "gitRevision": surroundings.git_revision,
        "result": result.to_wire(),
    }


def _stored(run: Run, name: str, data: bytes) -> ArtifactFile:
    """Write one file unless it is there, and describe what lies there afterwards."""
    key = posixpath.join(run.folder, name)
    if not run.store.put_if_absent(key, data):
        found = run.store.get(key)
        if found != data and name not in _FOR_PEOPLE:
            raise TrainerError(
                FailureReason.ARTIFACT_DAMAGED,
                f"an earlier attempt of this run left a different {key!r}: its image was another "
                "one; apply a new TrainingRun",
            )
        data = found
    return ArtifactFile(name=name, sha256=hashlib.sha256(data).hexdigest(), size_bytes=len(data))


def _json(document: dict[str, Any]) -> bytes:
    return json.dumps(document, indent=1).encode()
