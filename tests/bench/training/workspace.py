"""A real store with one snapshot in it, and the requests of programs that work on it."""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from tests.bench.training.process import measured
from tests.servers import seaweedfs

from tidewheel_contracts.job import EGRESS_VARIABLE, CollectResult, parse_termination_message

__all__ = ["Workspace", "workspace"]

_BUCKET = "bucket"
_KEYS = ("key", "secret")
_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": _KEYS[0],
    "AWS_SECRET_ACCESS_KEY": _KEYS[1],
    EGRESS_VARIABLE: json.dumps({"allow": ["127.0.0.1"], "clusterRanges": [], "namespace": "ml"}),
}


@dataclass(frozen=True, slots=True)
class Workspace:
    """A folder for requests and messages, a store, and the snapshot that was collected."""

    folder: Path
    endpoint: str
    target: str
    time: str
    snapshot: dict[str, str]

    @property
    def store(self) -> dict[str, Any]:
        """Return the store as programs are told of it."""
        return _store(self.endpoint)

    def program(
        self, name: str, run: str, training: dict[str, Any], index: int | None = None
    ) -> tuple[list[str], dict[str, str]]:
        """Return arguments and environment of a program; `index` tells which pod it is."""
        kind = {"train": "TrainRequest", "search": "SearchRequest", "reduce": "ReduceRequest"}
        request = {
            "kind": kind[name],
            "store": self.store,
            "runName": run,
            "runUid": run,
            "modelName": "delays",
            "datasetName": "flights",
            "snapshot": self.snapshot,
            "target": {"column": self.target},
            "time": {"column": self.time},
            "training": training,
        }
        own = {} if index is None else {"JOB_COMPLETION_INDEX": str(index)}
        place = self.folder / f"{run}-{name}-{index or 0}"
        return _program(place, name, request), {**_ENVIRONMENT, **own, "TMPDIR": str(self.folder)}


@contextmanager
def workspace(folder: Path, rows: Path, target: str, time: str) -> Iterator[Workspace]:
    """Run a store and collect the rows of a Parquet file, with these columns, into a snapshot."""
    with seaweedfs.running(folder, [_KEYS]) as store:
        _upload(store.endpoint, rows)
        request = {
            "store": _store(store.endpoint),
            "datasetName": "flights",
            "source": {"s3": {"prefix": "raw/"}},
            "target": {"column": target},
            "time": {"column": time},
        }
        place = folder / "collect"
        measured(_program(place, "collect", request), {**_ENVIRONMENT, "TMPDIR": str(folder)})
        message = parse_termination_message((place / "message").read_text())
        assert isinstance(message, CollectResult)
        snapshot = message.snapshot
        reference = {"digest": snapshot.digest, "manifestKey": snapshot.manifest_key}
        yield Workspace(folder, store.endpoint, target, time, reference)


def _program(place: Path, name: str, request: dict[str, Any]) -> list[str]:
    place.mkdir()
    (place / "request.json").write_text(json.dumps(request))
    files = ("--request", str(place / "request.json"), "--result", str(place / "message"))
    return ["-m", "tidewheel_trainer", name, *files]


def _store(endpoint: str) -> dict[str, Any]:
    spec = {"endpoint": endpoint, "bucket": _BUCKET, "prefix": "tidewheel", "secretName": "keys"}
    return {"spec": spec, "namespace": "ml"}


def _upload(endpoint: str, rows: Path) -> None:
    client = boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=_KEYS[0],
        aws_secret_access_key=_KEYS[1],
    )
    with closing(client):
        client.create_bucket(Bucket=_BUCKET)
        client.upload_file(str(rows), _BUCKET, "raw/flights.parquet")
