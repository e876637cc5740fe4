"""Real S3 stores for the tests of S3 sources, each started once."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from tests.servers import minio, seaweedfs

from tidewheel_contracts.api.v1alpha1.artifact_store import ArtifactStoreSpec
from tidewheel_contracts.api.v1alpha1.source_files import S3Source
from tidewheel_trainer.egress.guard import Guard, Unguarded
from tidewheel_trainer.s3_store import S3Store
from tidewheel_trainer.sources.connector import Context
from tidewheel_trainer.sources.s3 import S3Connector

KEYS = {"AWS_ACCESS_KEY_ID": "operator-tests", "AWS_SECRET_ACCESS_KEY": "not-a-secret"}
ACCESS_KEY, SECRET_KEY = KEYS.values()
Connect = Callable[..., S3Connector]


@dataclass(frozen=True)
class Bucket:
    """A bucket of its own for a test, and a client that fills it."""

    endpoint: str
    name: str
    client: Any

    def put(self, key: str, data: bytes) -> None:
        self.client.put_object(Bucket=self.name, Key=key, Body=data)

    def remove(self) -> None:
        listed = self.client.list_objects_v2(Bucket=self.name).get("Contents", ())
        for entry in listed:
            self.client.delete_object(Bucket=self.name, Key=entry["Key"])
        self.client.delete_bucket(Bucket=self.name)


@pytest.fixture(scope="session")
def seaweedfs_endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("seaweedfs")
    with seaweedfs.running(folder, [(ACCESS_KEY, SECRET_KEY)]) as store:
        yield store.endpoint


@pytest.fixture(scope="session")
def minio_endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with minio.running(tmp_path_factory.mktemp("minio"), ACCESS_KEY, SECRET_KEY) as endpoint:
        yield endpoint


@pytest.fixture(params=["seaweedfs", "minio"])
def bucket(request: pytest.FixtureRequest) -> Iterator[Bucket]:
    """Return a new bucket of each store in turn."""
    endpoint: str = request.getfixturevalue(f"{request.param}_endpoint")
    with closing(s3_client(endpoint)) as client:
        name = f"test-{secrets.token_hex(4)}"
        client.create_bucket(Bucket=name)
        yield Bucket(endpoint, name, client)


@pytest.fixture
def connect(tmp_path: Path) -> Iterator[Connect]:
    """Return a function that opens a source in a bucket that is not the ArtifactStore's."""
    opened: list[S3Connector] = []

    def build(
        bucket: Bucket,
        *,
        endpoint: str | None = None,
        keys: dict[str, str] = KEYS,
        guard: Guard | None = None,
        **source: Any,
    ) -> S3Connector:
        where = {
            "endpoint": endpoint or bucket.endpoint,
            "bucket": bucket.name,
            "secret_name": "source-keys",
        }
        parsed = S3Source.model_validate({"prefix": "raw/", "bucket": where, **source})
        opened.append(S3Connector(parsed, context(tmp_path, keys, guard or Unguarded())))
        return opened[-1]

    yield build
    for connector in opened:
        connector.close()


def context(scratch: Path, credentials: dict[str, str], guard: Guard) -> Context:
    """Return a context whose ArtifactStore does not answer."""
    spec = ArtifactStoreSpec(endpoint="http://127.0.0.1:9", bucket="store", secret_name="keys")
    store = S3Store(spec, KEYS, attempts=1)
    return Context(
        store=store, store_spec=spec, credentials=credentials, guard=guard, scratch=scratch
    )


def s3_client(endpoint: str) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
        # A bucket is refused for a moment after the start, until a volume is there.
        config=Config(retries={"mode": "standard", "total_max_attempts": 8}),
    )
