"""Tables and collections become snapshots of a data set, and each look goes on from the last."""

from contextlib import closing
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable, write_deltalake
from pymongo.collection import Collection
from tests.integration.sources.mongo_fixtures import LOGIN, orders, server
from tests.integration.sources.table_fixtures import BUCKET, KEYS, Lake, lake, lake_endpoint
from tests.servers.ferretdb import FerretDb

from tidewheel_contracts.artifact.snapshot import SnapshotManifest
from tidewheel_contracts.job import CollectRequest, CollectResult
from tidewheel_trainer.collect.collector import collect
from tidewheel_trainer.egress.guard import Unguarded
from tidewheel_trainer.s3_store import S3Store
from tidewheel_trainer.sources.connector import Context
from tidewheel_trainer.sources.opening import opened
from tidewheel_trainer.surroundings import of_this_process

__all__ = ["lake", "lake_endpoint", "orders", "server"]


class Collections:
    """Collections of one data set in the lake's bucket, one after the other."""

    def __init__(self, lake: Lake, source: dict[str, Any]) -> None:
        self.lake = lake
        self.source = source
        self.newest: CollectResult | None = None

    def collect(self) -> SnapshotManifest:
        """Collect once more, and return the manifest of the newest snapshot."""
        request = CollectRequest.model_validate(self._request())
        spec = request.store.spec
        with closing(S3Store(spec, KEYS)) as store:
            credentials = {**KEYS, **LOGIN}
            context = Context(store, spec, credentials, Unguarded(), self.lake.scratch)
            with opened(request.source, context) as connector:
                self.newest = collect(request, connector, store, of_this_process(), lambda *_: None)
        return SnapshotManifest.model_validate_json(
            self.lake.get(self.newest.snapshot.manifest_key)
        )

    def rows(self, manifest: SnapshotManifest) -> list[dict[str, Any]]:
        """Return all rows of a snapshot."""
        folder = f"{self.lake.prefix}/tidewheel/ml/datasets/orders/parts"
        rows: list[dict[str, Any]] = []
        for part in manifest.parts:
            data = self.lake.get(f"{folder}/{part.sha256}.parquet")
            rows += pq.read_table(pa.BufferReader(data)).to_pylist()
        return rows

    def _request(self) -> dict[str, Any]:
        store = {
            "endpoint": self.lake.endpoint,
            "bucket": BUCKET,
            "prefix": f"{self.lake.prefix}/tidewheel",
            "secretName": "keys",
        }
        request = {
            "store": {"spec": store, "namespace": "ml"},
            "datasetName": "orders",
            "source": self.source,
            "target": {"column": "late"},
        }
        if self.newest is not None:
            snapshot = self.newest.snapshot
            request["previous"] = {
                "snapshot": {"digest": snapshot.digest, "manifestKey": snapshot.manifest_key},
                "sourceFingerprint": self.newest.source_fingerprint,
            }
        return request


def test_each_version_of_a_table_is_a_snapshot_that_names_it(lake: Lake) -> None:
    rows = pa.table({"id": [1, 2, 3], "late": [True, False, None]})
    write_deltalake(lake.location, rows, storage_options=lake.storage_options)
    collections = Collections(lake, {"table": {"format": "Delta", "prefix": lake.prefix}})
    first = collections.collect()
    assert collections.collect() == first
    more = pa.table({"id": [4, 5], "late": [True, True]})
    write_deltalake(lake.location, more, mode="append", storage_options=lake.storage_options)
    second = collections.collect()

    table_id = str(DeltaTable(lake.location, storage_options=lake.storage_options).metadata().id)
    told = [{position.name: position.value for position in x.positions} for x in (first, second)]
    assert told == [
        {"table": table_id, "version": "0", "rows": "3"},
        {"table": table_id, "version": "1", "rows": "5"},
    ]
    assert sorted(row["id"] for row in collections.rows(second)) == [1, 2, 3, 4, 5]


def test_documents_after_the_cursor_are_added_to_those_before(
    lake: Lake, server: FerretDb, orders: Collection[dict[str, Any]]
) -> None:
    orders.insert_many([{"_id": number, "late": number % 2 == 0} for number in range(3)])
    mongo = {
        "servers": [server.address],
        "database": orders.database.name,
        "collection": orders.name,
        "cursor": {"column": "_id"},
        "secretName": "login",
        "tls": "Disabled",
    }
    collections = Collections(lake, {"mongo": mongo})
    first = collections.collect()
    assert collections.collect() == first
    orders.insert_many([{"_id": number, "late": None} for number in (3, 4)])
    orders.delete_one({"_id": 0})
    second = collections.collect()

    assert sorted(collections.rows(second), key=lambda row: row["_id"]) == [
        {"_id": 0, "late": True},
        {"_id": 1, "late": False},
        {"_id": 2, "late": True},
        {"_id": 3, "late": None},
        {"_id": 4, "late": None},
    ]
    assert set(first.parts) < set(second.parts)


def test_without_a_cursor_a_snapshot_follows_what_is_in_the_collection(
    lake: Lake, server: FerretDb, orders: Collection[dict[str, Any]]
) -> None:
    orders.insert_many([{"_id": number, "late": number % 2 == 0} for number in range(3)])
    mongo = {
        "servers": [server.address],
        "database": orders.database.name,
        "collection": orders.name,
        "secretName": "login",
        "tls": "Disabled",
    }
    collections = Collections(lake, {"mongo": mongo})
    first = collections.collect()
    assert collections.collect() == first
    orders.insert_one({"_id": 3, "late": True})
    orders.delete_one({"_id": 0})
    orders.insert_one({"_id": 4, "late": False})
    second = collections.collect()
    assert [row["_id"] for row in collections.rows(second)] == [1, 2, 3, 4]
