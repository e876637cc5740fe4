"""The collect program as a process of its own, against a real store."""

import io
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tidewheel_contracts.api.v1alpha1.artifact_store import ArtifactStoreSpec
from tidewheel_contracts.artifact.snapshot import SnapshotManifest, manifest_digest
from tidewheel_contracts.job import (
    CollectResult,
    ExitCode,
    Failure,
    FailureReason,
)
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.s3_store import S3Store
from tidewheel_trainer.store import ObjectMissingError

BUCKET = "bucket"
KEYS = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}

Collect = Callable[..., tuple[int, CollectResult | Failure]]


def month(number: int, rows: int = 60, **changes: Any) -> bytes:
    """Return one month of flights as a Parquet file."""
    day = np.datetime64(f"2013-{number:02}-01T06:00", "us")
    columns = {
        "scheduled": pa.array(day + np.arange(rows).astype("timedelta64[h]")),
        "late": pa.array([i % 3 == 0 for i in range(rows)]),
        "hour": pa.array([i % 24 for i in range(rows)]),
    }
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns | changes), buffer)
    return buffer.getvalue()


@pytest.fixture
def upload(s3: Any, folder: str) -> Callable[[str, bytes], None]:
    """Return a function that puts an object below the test's own source prefix."""

    def put(name: str, data: bytes) -> None:
        s3.put_object(Bucket=BUCKET, Key=f"{folder}/raw/{name}", Body=data)

    return put


@pytest.fixture
def collect(s3_endpoint: str, folder: str, run_trainer: Any) -> Collect:
    """Return a function that runs the program and reads its termination message."""

    def run(
        previous: CollectResult | None = None,
        keys: dict[str, str] = KEYS,
        endpoint: str = s3_endpoint,
        bucket: str = BUCKET,
    ) -> tuple[int, CollectResult | Failure]:
        request: dict[str, Any] = {
            "store": {
                "spec": {
                    "endpoint": endpoint,
                    "bucket": bucket,
                    "prefix": f"{folder}/tidewheel",
                    "secretName": "keys",
                },
                "namespace": "ml",
            },
            "datasetName": "flights",
            "source": {"s3": {"prefix": f"{folder}/raw/"}},
            "target": {"column": "late"},
            "time": {"column": "scheduled"},
        }
        if previous is not None:
            request["previous"] = {
                "snapshot": {
                    "digest": previous.snapshot.digest,
                    "manifestKey": previous.snapshot.manifest_key,
                },
                "sourceFingerprint": previous.source_fingerprint,
            }
        return cast("tuple[int, CollectResult | Failure]", run_trainer("collect", request, keys))

    return run


def succeeded(outcome: tuple[int, Any]) -> Any:
    code, message = outcome
    assert code == ExitCode.SUCCESS, message
    return message


def test_collecting_twice_gives_the_same_snapshot(collect: Collect, upload: Any, s3: Any) -> None:
    upload("2013-01.parquet", month(1))
    upload("2013-02.parquet", month(2))
    first = succeeded(collect())
    assert succeeded(collect()) == first
    data = s3.get_object(Bucket=BUCKET, Key=first.snapshot.manifest_key)["Body"].read()
    assert manifest_digest(data) == first.snapshot.digest
    manifest = SnapshotManifest.model_validate_json(data)
    assert (manifest.rows, manifest.labelled_rows, manifest.latest_time) == (
        120,
        120,
        "2013-02-03T17:00:00Z",
    )


def test_an_unchanged_source_keeps_its_snapshot_and_a_new_object_adds_rows(
    collect: Collect, upload: Any
) -> None:
    upload("2013-01.parquet", month(1))
    first = succeeded(collect())
    assert succeeded(collect(first)) == first
    upload("2013-02.parquet", month(2))
    second = succeeded(collect(first))
    assert (second.snapshot.rows, second.snapshot.parts) == (120, 2)
    assert second == succeeded(collect())


def test_a_listing_of_more_than_one_page_is_read_to_its_end(
    collect: Collect, s3_endpoint: str, folder: str, s3: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(1005):
        s3.put_object(Bucket=BUCKET, Key=f"{folder}/raw/{number:04}", Body=b"x")
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    spec = ArtifactStoreSpec(endpoint=s3_endpoint, bucket=BUCKET, secret_name="keys")
    listed = list(S3Store(spec).list_objects(f"{folder}/raw/"))
    assert len({entry.key for entry in listed}) == 1005


def test_a_missing_column_is_named(collect: Collect, upload: Any) -> None:
    upload("2013-01.parquet", month(1))
    buffer = io.BytesIO()
    whole = pq.read_table(io.BytesIO(month(2)))
    pq.write_table(whole.drop_columns("late"), buffer)
    upload("2013-02.parquet", buffer.getvalue())
    code, failure = collect()
    assert isinstance(failure, Failure)
    assert (code, failure.reason) == (ExitCode.USER_ERROR, FailureReason.COLUMN_MISSING)
    assert "/raw/2013-02.parquet' lacks the target column 'late'" in failure.message


def test_an_empty_prefix_is_named(collect: Collect, folder: str) -> None:
    assert collect() == (
        ExitCode.USER_ERROR,
        Failure(
            reason=FailureReason.SOURCE_EMPTY,
            message=f"bucket 'bucket' has no row in objects whose key begins with '{folder}/raw/'; "
            "deliver data or correct the Dataset",
        ),
    )


def test_a_missing_bucket_is_named(collect: Collect, s3_endpoint: str) -> None:
    assert collect(bucket="nowhere") == (
        ExitCode.USER_ERROR,
        Failure(
            reason=FailureReason.BUCKET_MISSING,
            message=f"the store {s3_endpoint} has no bucket 'nowhere'; create it or correct the "
            "ArtifactStore's bucket",
        ),
    )


@pytest.mark.parametrize("variable", list(KEYS))
def test_wrong_keys_are_refused(collect: Collect, upload: Any, variable: str) -> None:
    upload("2013-01.parquet", month(1))
    code, failure = collect(keys=KEYS | {variable: "wrong"})
    assert isinstance(failure, Failure)
    assert (code, failure.reason) == (ExitCode.USER_ERROR, FailureReason.CREDENTIALS_REFUSED)
    assert "refused the keys of Secret 'keys'" in failure.message


def test_two_collections_at_once_give_one_snapshot(
    collect: Collect, upload: Any, s3: Any, folder: str
) -> None:
    for number in range(1, 5):
        upload(f"2013-{number:02}.parquet", month(number))
    outcomes: list[Any] = []
    threads = [threading.Thread(target=lambda: outcomes.append(collect())) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    left, right = (succeeded(outcome) for outcome in outcomes)
    assert left == right
    manifests = s3.list_objects_v2(
        Bucket=BUCKET, Prefix=f"{folder}/tidewheel/ml/datasets/flights/snapshots/"
    )
    digest = left.snapshot.digest.removeprefix("sha256:")
    names = [entry["Key"].rpartition("/")[2] for entry in manifests["Contents"]]
    assert names == [f"{digest}.{kind}" for kind in ("html", "json", "profile.json", "report.json")]


@pytest.fixture
def store(s3_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> S3Store:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    return S3Store(ArtifactStoreSpec(endpoint=s3_endpoint, bucket=BUCKET, secret_name="keys"))


def test_an_object_is_written_once(store: S3Store, folder: str, tmp_path: Path) -> None:
    key, file = f"{folder}/one", tmp_path / "file"
    file.write_bytes(b"second")
    assert not store.has(key)
    assert store.put_if_absent(key, b"first")
    assert not store.put_if_absent(key, file)
    assert (store.has(key), store.get(key)) == (True, b"first")
    store.put(key, b"third")
    store.get_to_file(key, file)
    assert file.read_bytes() == b"third"


def test_a_store_that_does_not_answer_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    # Nothing listens on the discard port.
    spec = ArtifactStoreSpec(endpoint="http://127.0.0.1:9", bucket=BUCKET, secret_name="keys")
    with pytest.raises(TrainerError) as caught:
        list(S3Store(spec, attempts=1).list_objects("raw/"))
    assert (caught.value.reason, caught.value.exit_code, caught.value.message) == (
        FailureReason.STORE_UNAVAILABLE,
        ExitCode.STORE_UNAVAILABLE,
        "the store http://127.0.0.1:9 does not answer: EndpointConnectionError for key 'raw/'; "
        "check the ArtifactStore's endpoint and that the store runs",
    )


def test_an_absent_object_is_no_fault_of_the_store(
    store: S3Store, folder: str, tmp_path: Path
) -> None:
    for read in (lambda: store.get(folder), lambda: store.get_to_file(folder, tmp_path / "file")):
        with pytest.raises(ObjectMissingError):
            read()
