"""S3 sources against the stores that people run: SeaweedFS and MinIO."""

import gzip
import io
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.integration.sources.s3_fixtures import (
    ACCESS_KEY,
    KEYS,
    SECRET_KEY,
    Bucket,
    Connect,
    bucket,
    connect,
    context,
    minio_endpoint,
    s3_client,
    seaweedfs_endpoint,
)
from tests.servers import cutting_proxy, seaweedfs

from tidewheel_contracts.api.v1alpha1.artifact_store import ArtifactStoreSpec
from tidewheel_contracts.api.v1alpha1.source_files import DataFormat, S3Source
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.egress.guard import Unguarded
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.s3_faults import SOURCE
from tidewheel_trainer.s3_store import S3Store
from tidewheel_trainer.sources.connector import Connector, Context, Look, Piece
from tidewheel_trainer.sources.s3 import S3Connector

__all__ = ["bucket", "connect", "minio_endpoint", "seaweedfs_endpoint"]

ROWS = [{"id": 2**53 + 1, "late": True}, {"id": 2, "late": None}]
CSV = b"id,late\n9007199254740993,true\n2,\n"
JSON_LINES = b'{"id": 9007199254740993, "late": true}\n{"id": 2, "late": null}\n'


def parquet(rows: list[dict[str, Any]]) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), buffer)
    return buffer.getvalue()


def zstd(data: bytes) -> bytes:
    return bytes(pa.compress(data, codec="zstd", asbytes=True))


def look(connector: Connector) -> Look:
    return connector.look({})


def landed(connector: Connector, piece: Piece, folder: Path) -> list[dict[str, Any]]:
    target = folder / "landed.parquet"
    connector.land(piece, target)
    rows: list[dict[str, Any]] = pq.read_table(target).to_pylist()
    return rows


def refusal(connector: Connector, piece: Piece | None, folder: Path) -> tuple[FailureReason, str]:
    def ask() -> None:
        if piece is None:
            look(connector)
        else:
            connector.land(piece, folder / "landed.parquet")

    with pytest.raises(TrainerError) as caught:
        ask()
    return caught.value.reason, caught.value.message


@pytest.mark.parametrize(
    ("kind", "name", "data"),
    [
        (DataFormat.PARQUET, "a.parquet", parquet(ROWS)),
        (DataFormat.CSV, "a.csv", CSV),
        (DataFormat.CSV, "a.csv.gz", gzip.compress(CSV)),
        (DataFormat.CSV, "a.csv.zst", zstd(CSV)),
        (DataFormat.JSON_LINES, "a.jsonl", JSON_LINES),
        (DataFormat.JSON_LINES, "a.jsonl.gz", gzip.compress(JSON_LINES)),
    ],
    ids=lambda value: value if isinstance(value, str) and "." in value else "",
)
def test_every_format_gives_the_same_rows(
    bucket: Bucket, connect: Connect, tmp_path: Path, kind: DataFormat, name: str, data: bytes
) -> None:
    bucket.put(f"raw/{name}", data)
    connector = connect(bucket, format=kind)
    (piece,) = look(connector).pieces
    assert (piece.key, piece.size_bytes) == (f"raw/{name}", len(data))
    assert landed(connector, piece, tmp_path) == ROWS


def test_a_pattern_chooses_among_the_objects_below_the_prefix(
    bucket: Bucket, connect: Connect
) -> None:
    keys = ["raw/2024/a.csv", "raw/2025/b.csv", "raw/2025/d.txt", "raw/2025/deep/c.csv"]
    for key in [*keys, "raw/2025/folder/", "rawer/2025/e.csv"]:
        bucket.put(key, b"" if key.endswith("/") else CSV)

    def found(**source: Any) -> list[str]:
        return [piece.key for piece in look(connect(bucket, **source)).pieces]

    assert found() == keys
    assert found(pattern="2025/*.csv") == ["raw/2025/b.csv"]
    assert found(pattern="**.csv") == ["raw/2024/a.csv", "raw/2025/b.csv", "raw/2025/deep/c.csv"]
    assert found(pattern="202?/?.csv") == ["raw/2024/a.csv", "raw/2025/b.csv"]


def test_keys_may_have_any_characters(bucket: Bucket, connect: Connect, tmp_path: Path) -> None:
    key = "raw/år=2025/a +%25&b 'c'.csv"
    bucket.put(key, CSV)
    connector = connect(bucket, format=DataFormat.CSV)
    (piece,) = look(connector).pieces
    assert piece.key == key
    assert landed(connector, piece, tmp_path) == ROWS


def test_the_fingerprint_changes_with_the_bytes_only(bucket: Bucket, connect: Connect) -> None:
    connector = connect(bucket, format=DataFormat.CSV)
    bucket.put("raw/a.csv", CSV)
    first = look(connector)
    bucket.put("raw/a.csv", CSV)
    again = look(connector)
    bucket.put("raw/a.csv", CSV.replace(b"true", b"TRUE"))
    changed = look(connector)
    assert again == first
    assert changed.fingerprint != first.fingerprint
    assert [piece.key for piece in changed.pieces] == [piece.key for piece in first.pieces]
    assert (first.position, first.new_rows, connector.is_repeatable) == ({}, None, True)


def test_an_object_of_several_uploaded_parts_is_read(
    bucket: Bucket, connect: Connect, tmp_path: Path
) -> None:
    wide = pa.table({"noise": pa.array(range(1_000_000)), "text": ["x"] * 1_000_000})
    buffer = io.BytesIO()
    pq.write_table(wide, buffer, compression="none", use_dictionary=False)
    data = buffer.getvalue()
    place = {"Bucket": bucket.name, "Key": "raw/a.parquet"}
    upload = bucket.client.create_multipart_upload(**place)["UploadId"]
    half = 6 << 20
    parts = []
    for number, body in enumerate((data[:half], data[half:]), start=1):
        answer = bucket.client.upload_part(**place, UploadId=upload, PartNumber=number, Body=body)
        parts.append({"ETag": answer["ETag"], "PartNumber": number})
    bucket.client.complete_multipart_upload(
        **place, UploadId=upload, MultipartUpload={"Parts": parts}
    )
    connector = connect(bucket)
    (piece,) = look(connector).pieces
    connector.land(piece, tmp_path / "landed.parquet")
    assert (tmp_path / "landed.parquet").read_bytes() == data


def test_an_object_replaced_after_the_listing_is_not_read(
    bucket: Bucket, connect: Connect, tmp_path: Path
) -> None:
    bucket.put("raw/a.csv", CSV)
    connector = connect(bucket, format=DataFormat.CSV)
    (piece,) = look(connector).pieces
    bucket.put("raw/a.csv", CSV + b"3,false\n")
    assert refusal(connector, piece, tmp_path) == (
        FailureReason.SOURCE_UNAVAILABLE,
        "object 'raw/a.csv' was replaced while the source was read; the next attempt lists the "
        "objects anew",
    )
    (piece,) = look(connector).pieces
    assert landed(connector, piece, tmp_path) == [*ROWS, {"id": 3, "late": False}]


def test_an_object_removed_after_the_listing_is_told(
    bucket: Bucket, connect: Connect, tmp_path: Path
) -> None:
    bucket.put("raw/a.csv", CSV)
    connector = connect(bucket, format=DataFormat.CSV)
    (piece,) = look(connector).pieces
    bucket.client.delete_object(Bucket=bucket.name, Key="raw/a.csv")
    assert refusal(connector, piece, tmp_path) == (
        FailureReason.SOURCE_UNAVAILABLE,
        "object 'raw/a.csv' was removed while the source was read; the next attempt lists the "
        "objects anew",
    )


@pytest.fixture
def proxy(bucket: Bucket) -> Iterator[cutting_proxy.CuttingProxy]:
    with cutting_proxy.running(bucket.endpoint) as proxy:
        yield proxy


def test_a_connection_that_breaks_in_an_object_goes_on_there(
    bucket: Bucket, connect: Connect, proxy: cutting_proxy.CuttingProxy, tmp_path: Path
) -> None:
    lines = b"".join(b"%d,false\n" % number for number in range(400_000))
    bucket.put("raw/a.csv", b"id,late\n" + lines)
    connector = connect(bucket, endpoint=proxy.endpoint, format=DataFormat.CSV)
    (piece,) = look(connector).pieces
    proxy.after_bytes = 3_000_000
    connector.land(piece, tmp_path / "landed.parquet")
    assert proxy.cuts == 1
    assert pq.read_table(tmp_path / "landed.parquet")["id"].to_pylist() == list(range(400_000))


def test_an_object_replaced_while_it_is_read_is_not_mixed(
    bucket: Bucket, connect: Connect, proxy: cutting_proxy.CuttingProxy, tmp_path: Path
) -> None:
    lines = b"".join(b"%d,false\n" % number for number in range(400_000))
    bucket.put("raw/a.csv", b"id,late\n" + lines)
    connector = connect(bucket, endpoint=proxy.endpoint, format=DataFormat.CSV)
    (piece,) = look(connector).pieces
    proxy.after_bytes = 3_000_000
    proxy.then = lambda: bucket.put("raw/a.csv", b"id,late\n" + lines.replace(b"false", b"true"))
    reason, message = refusal(connector, piece, tmp_path)
    assert (proxy.cuts, reason) == (1, FailureReason.SOURCE_UNAVAILABLE)
    assert message.startswith("object 'raw/a.csv' was replaced while the source was read")


def test_a_bucket_may_go_and_come_back(bucket: Bucket, connect: Connect, tmp_path: Path) -> None:
    bucket.put("raw/a.csv", CSV)
    connector = connect(bucket, format=DataFormat.CSV)
    first = look(connector)
    bucket.remove()
    gone = (
        FailureReason.BUCKET_MISSING,
        f"the store {bucket.endpoint} has no bucket {bucket.name!r}; create it or correct the "
        "source's bucket",
    )
    assert refusal(connector, None, tmp_path) == gone
    # SeaweedFS misses the object before it misses the bucket.
    removed = (
        FailureReason.SOURCE_UNAVAILABLE,
        "object 'raw/a.csv' was removed while the source was read; the next attempt lists the "
        "objects anew",
    )
    assert refusal(connector, first.pieces[0], tmp_path) in (gone, removed)
    bucket.client.create_bucket(Bucket=bucket.name)
    bucket.put("raw/a.csv", CSV)
    assert look(connector) == first
    assert landed(connector, first.pieces[0], tmp_path) == ROWS


@pytest.mark.parametrize("wrong", sorted(KEYS))
def test_wrong_keys_are_refused_and_not_told(
    bucket: Bucket, connect: Connect, tmp_path: Path, wrong: str
) -> None:
    reason, message = refusal(
        connect(bucket, keys={**KEYS, wrong: "something-else"}), None, tmp_path
    )
    assert reason is FailureReason.SOURCE_REFUSED
    assert message.startswith(
        f"the store {bucket.endpoint} refused the keys of Secret 'source-keys' for 'raw/' in "
        f"bucket {bucket.name!r} ("
    )
    assert message.endswith("); check the Secret and the key's rights to list and read")
    assert not [value for value in (*KEYS.values(), "something-else") if value in message]


def test_a_secret_without_a_key_is_named(connect: Connect) -> None:
    nowhere = Bucket("http://127.0.0.1:9", "bucket", None)
    with pytest.raises(TrainerError) as caught:
        connect(nowhere, keys={"AWS_ACCESS_KEY_ID": "a"})
    assert (caught.value.reason, caught.value.message) == (
        FailureReason.SOURCE_REFUSED,
        "Secret 'source-keys' must have the key AWS_SECRET_ACCESS_KEY",
    )


def test_keys_revoked_midway_end_the_reading(connect: Connect, tmp_path: Path) -> None:
    folder = tmp_path / "store"
    folder.mkdir()
    with (
        seaweedfs.running(folder, [(ACCESS_KEY, SECRET_KEY)]) as store,
        closing(s3_client(store.endpoint)) as client,
    ):
        client.create_bucket(Bucket="bucket")
        own = Bucket(store.endpoint, "bucket", client)
        own.put("raw/a.csv", CSV)
        connector = connect(own, format=DataFormat.CSV)
        (piece,) = look(connector).pieces
        store.admit([("somebody", "else-entirely")])
        reason, message = refusal(connector, piece, tmp_path)
        assert reason is FailureReason.SOURCE_REFUSED
        assert "refused the keys of Secret 'source-keys' for 'raw/a.csv'" in message
        store.admit([(ACCESS_KEY, SECRET_KEY)])
        assert landed(connector, piece, tmp_path) == ROWS


@dataclass
class Recorder:
    """A guard that lets nothing pass, and remembers what it was asked."""

    asked: list[tuple[str, int]] = field(default_factory=list)

    def address_of(self, host: str, port: int) -> str:
        self.asked.append((host, port))
        raise TrainerError(FailureReason.SOURCE_FORBIDDEN, f"{host} may not be connected to")


def test_the_guard_is_asked_before_anything_is_sent(connect: Connect, tmp_path: Path) -> None:
    guard = Recorder()
    nowhere = Bucket("http://s3.example:9000", "bucket", None)
    assert refusal(connect(nowhere, guard=guard), None, tmp_path) == (
        FailureReason.SOURCE_FORBIDDEN,
        "s3.example may not be connected to",
    )
    assert guard.asked == [("s3.example", 9000)]


def test_a_source_that_does_not_answer_is_worth_another_try(tmp_path: Path) -> None:
    # Nothing listens on the discard port.
    spec = ArtifactStoreSpec(endpoint="http://127.0.0.1:9", bucket="bucket", secret_name="keys")
    with pytest.raises(TrainerError) as caught:
        list(S3Store(spec, KEYS, role=SOURCE, attempts=1).list_objects("raw/"))
    assert (caught.value.reason, caught.value.message) == (
        FailureReason.SOURCE_UNAVAILABLE,
        "the store http://127.0.0.1:9 does not answer: EndpointConnectionError for key 'raw/'; "
        "check the source's endpoint and that the store runs",
    )


def test_without_a_bucket_the_source_is_in_the_artifact_store(
    bucket: Bucket, tmp_path: Path
) -> None:
    bucket.put("raw/a.csv", CSV)
    spec = ArtifactStoreSpec(endpoint=bucket.endpoint, bucket=bucket.name, secret_name="store-keys")
    store = S3Store(spec, KEYS)
    unguarded = context(tmp_path, {}, Unguarded())
    around = Context(
        store=store, store_spec=spec, credentials={}, guard=unguarded.guard, scratch=tmp_path
    )
    source = S3Source(prefix="raw/", format=DataFormat.CSV)
    with closing(S3Connector(source, around)) as connector:
        (piece,) = look(connector).pieces
        assert landed(connector, piece, tmp_path) == ROWS
    # Closing the source leaves the ArtifactStore's connections as they are.
    assert store.has("raw/a.csv")
    store.close()
