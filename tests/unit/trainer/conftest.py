"""A store in memory, a process without a clock, and builders of requests and small data."""

import hashlib
import io
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import skops.io
from tests.unit.trainer.collections_of_rows import (
    Collect,
)
from tests.unit.trainer.imports import KEY, THROUGH, Put
from tests.unit.trainer.trainings import Train, candidate

from tidewheel_contracts.api.v1alpha1.run_result import RunResult
from tidewheel_contracts.job import CollectRequest, CollectResult, ImportRequest, TrainRequest
from tidewheel_trainer.collect.collector import collect
from tidewheel_trainer.egress.guard import Unguarded
from tidewheel_trainer.progress import NO_DETAILS, Details, Progress
from tidewheel_trainer.sources.connector import Context
from tidewheel_trainer.sources.opening import opened
from tidewheel_trainer.store import ObjectChangedError, ObjectMissingError, StoredObject
from tidewheel_trainer.surroundings import Surroundings
from tidewheel_trainer.train.importer import import_model
from tidewheel_trainer.train.trainer import train


@dataclass
class MemoryStore:
    """A bucket that is a dict; it counts what is read."""

    objects: dict[str, bytes] = field(default_factory=dict)
    reads: list[str] = field(default_factory=list)

    def list_objects(self, prefix: str) -> Iterator[StoredObject]:
        for key, data in sorted(self.objects.items(), reverse=True):
            if key.startswith(prefix):
                yield StoredObject(key, len(data), hashlib.sha256(data).hexdigest())

    def has(self, key: str) -> bool:
        return key in self.objects

    def get(self, key: str) -> bytes:
        self.reads.append(key)
        if key not in self.objects:
            raise ObjectMissingError(key)
        return self.objects[key]

    def get_to_file(self, key: str, path: Path, etag: str | None = None) -> None:
        data = self.get(key)
        if etag not in (None, hashlib.sha256(data).hexdigest()):
            raise ObjectChangedError(key)
        path.write_bytes(data)

    def put(self, key: str, data: bytes) -> None:
        self.objects[key] = data

    def put_if_absent(self, key: str, data: bytes | Path) -> bool:
        if key in self.objects:
            return False
        self.objects[key] = data if isinstance(data, bytes) else data.read_bytes()
        return True

    def delete(self, key: str) -> None:
        self.objects.pop(key, None)


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def surroundings(tmp_path: Path) -> Surroundings:
    return Surroundings(
        now=lambda: datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        seconds=lambda: 0.0,
        wait=no_wait,
        repeatedly=lambda call, seconds: nullcontext(),
        host="host",
        git_revision="abc",
        python="3.11.0",
        machine="Linux x86_64",
        libraries={"scikit-learn": "1.9.1"},
        scratch=tmp_path,
        signing_key=None,
        threads=1,
    )


@pytest.fixture
def parquet() -> Callable[[dict[str, Any]], bytes]:
    """Return a function that turns columns into the bytes of a Parquet file."""

    def write(columns: dict[str, Any]) -> bytes:
        buffer = io.BytesIO()
        pq.write_table(pa.table(columns), buffer)
        return buffer.getvalue()

    return write


@pytest.fixture
def collect_request() -> Callable[..., CollectRequest]:
    """Return a builder of a valid request; its arguments replace top-level fields."""

    def build(**changes: Any) -> CollectRequest:
        fields = {
            "store": {
                "spec": {
                    "endpoint": "http://store:8333",
                    "bucket": "data",
                    "secretName": "store-keys",
                },
                "namespace": "ml",
            },
            "datasetName": "flights",
            "source": {"s3": {"prefix": "raw/"}},
            "target": {"column": "late"},
            "time": {"column": "day"},
        }
        return CollectRequest.model_validate(fields | changes)

    return build


def collect_from(
    store: MemoryStore, request: CollectRequest, surroundings: Surroundings
) -> CollectResult:
    """Collect from objects of a store in memory."""
    context = Context(store, request.store.spec, {}, Unguarded(), surroundings.scratch)
    with opened(request.source, context) as connector:
        return collect(request, connector, store, surroundings, silent)


def no_wait(seconds: float) -> None:
    """Refuse to wait: only a search with several pods has to, and its tests say how."""
    raise AssertionError(f"nothing comes by waiting {seconds} s")


def silent(stage: str, percent: int, message: str, details: Details = NO_DETAILS) -> None:
    """Take progress and say nothing."""


@pytest.fixture
def progress() -> Progress:
    return silent


@pytest.fixture
def snapshot(
    store: Any,
    surroundings: Surroundings,
    collect_request: Callable[..., CollectRequest],
    parquet: Any,
) -> Callable[..., CollectResult]:
    """Return a function that collects the given objects, one per call argument."""

    def make(*objects: dict[str, Any], **changes: Any) -> CollectResult:
        for number, columns in enumerate(objects):
            store.objects[f"raw/{number}.parquet"] = parquet(columns)
        return collect_from(store, collect_request(**changes), surroundings)

    return make


@pytest.fixture
def trained(store: Any, surroundings: Surroundings, progress: Any) -> Train:
    """Return a function that trains on a snapshot, against a champion's result if one is given.

    With `imported` it judges a model that was made elsewhere instead.
    """

    def run(
        data: CollectResult,
        uid: str = "uid-1",
        champion: RunResult | None = None,
        candidates: tuple[dict[str, Any], ...] = (candidate(),),
        time: str | None = "day",
        split: dict[str, Any] | None = None,
        target: dict[str, Any] | None = None,
        signing: dict[str, Any] | None = None,
        imported: dict[str, Any] | None = None,
        **training: Any,
    ) -> RunResult:
        reference = None
        if champion is not None:
            assert champion.artifact is not None
            reference = {
                "name": "delays-v1",
                "number": 1,
                "manifestKey": champion.artifact.manifest_key,
                "manifestDigest": champion.artifact.manifest_digest,
                "trainedThrough": champion.trained_through,
            }
        request = {
            "store": {
                "spec": {
                    "endpoint": "http://store",
                    "bucket": "data",
                    "secretName": "keys",
                    "signing": signing,
                },
                "namespace": "ml",
            },
            "runName": "delays-1",
            "runUid": uid,
            "modelName": "delays",
            "datasetName": "flights",
            "snapshot": {
                "digest": data.snapshot.digest,
                "manifestKey": data.snapshot.manifest_key,
            },
            "target": target or {"column": "late"},
            "time": None if time is None else {"column": time},
            "split": split,
            "training": {"candidates": candidates, **training},
            "champion": reference,
        }
        if imported is not None:
            foreign = ImportRequest.model_validate(request | {"imported": imported})
            return import_model(foreign, store, surroundings, progress).result
        parsed = TrainRequest.model_validate(request)
        return train(parsed, store, surroundings, progress).result

    return run


@pytest.fixture
def put(store: Any) -> Put:
    """Return a function that puts a model into the bucket, and returns its declaration."""

    def run(model: object) -> dict[str, Any]:
        data = skops.io.dumps(model)
        store.objects[KEY] = data
        return {
            "file": "theirs.skops",
            "digest": f"sha256:{hashlib.sha256(data).hexdigest()}",
            "trainedThrough": THROUGH,
            "requester": "jane",
        }

    return run


@pytest.fixture
def collected(
    store: Any,
    surroundings: Surroundings,
    collect_request: Callable[..., CollectRequest],
) -> Collect:
    """Return a function that collects; `previous` is the result that it extends."""

    def run(previous: CollectResult | None = None, **changes: Any) -> CollectResult:
        if previous is not None:
            changes["previous"] = {
                "snapshot": previous.snapshot.model_dump(include={"digest", "manifest_key"}),
                "source_fingerprint": previous.source_fingerprint,
            }
        store.reads.clear()
        return collect_from(store, collect_request(**changes), surroundings)

    return run
