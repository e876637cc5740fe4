"""Every key that Tidewheel writes; keys are built here and never by users."""

__all__ = [
    "dataset_folder",
    "described_key",
    "failures_key",
    "import_key",
    "model_folder",
    "part_key",
    "report_key",
    "search_beat_key",
    "search_begun_key",
    "search_folder",
    "search_trial_key",
    "snapshot_key",
    "source_index_key",
]


def _join(prefix: str, *parts: str) -> str:
    return "/".join((prefix, *parts)) if prefix else "/".join(parts)


def dataset_folder(prefix: str, namespace: str, dataset: str) -> str:
    """Return the folder of a Dataset's parts and snapshots."""
    return _join(prefix, namespace, "datasets", dataset)


def part_key(folder: str, sha256: str) -> str:
    """Return the key of a Parquet part by the hex digest of its bytes."""
    return f"{folder}/parts/{sha256}.parquet"


def snapshot_key(folder: str, sha256: str) -> str:
    """Return the key of a snapshot's manifest by the hex digest of its bytes."""
    return f"{folder}/snapshots/{sha256}.json"


def report_key(folder: str, sha256: str) -> str:
    """Return the key of the report beside a snapshot: when and where it was made."""
    return f"{folder}/snapshots/{sha256}.report.json"


def described_key(folder: str, sha256: str, suffix: str) -> str:
    """Return the key of what describes a snapshot: `profile.json` and `html` lie beside it."""
    return f"{folder}/snapshots/{sha256}.{suffix}"


def failures_key(folder: str, fingerprint: str) -> str:
    """Return the key of the list of checks that a source of one fingerprint failed."""
    return f"{folder}/failures/{fingerprint.removeprefix('sha256:')}.json"


def source_index_key(folder: str, fingerprint: str) -> str:
    """Return the key of the index that maps source objects of one fingerprint to parts."""
    return f"{folder}/sources/{fingerprint.removeprefix('sha256:')}.json"


def import_key(prefix: str, namespace: str, file: str) -> str:
    """Return the key of a model that was made elsewhere, which a person has put there."""
    return _join(prefix, namespace, "imports", file)


def model_folder(prefix: str, namespace: str, model: str, run_uid: str) -> str:
    """Return the folder of the artifact that a run publishes."""
    return _join(prefix, namespace, "models", model, run_uid)


def search_folder(folder: str) -> str:
    """Return the prefix of all that a run's search leaves in the run's folder."""
    return f"{folder}/search/"


def search_trial_key(folder: str, round_number: int, trial: int) -> str:
    """Return the key of what a trial scored in one round of a run's search."""
    return f"{search_folder(folder)}{round_number:04}-{trial:04}.json"


def search_begun_key(folder: str, round_number: int, trial: int, pod: int) -> str:
    """Return the key of the mark that a pod of this index began a trial."""
    return f"{search_folder(folder)}{round_number:04}-{trial:04}.begun-{pod}"


def search_beat_key(folder: str, pod: int) -> str:
    """Return the key of the object that a pod of this index replaces as long as it lives."""
    return f"{search_folder(folder)}beat-{pod}"
