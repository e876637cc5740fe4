"""A real store with tables that the formats' own libraries write."""

import secrets
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pyarrow.parquet as pq
import pytest
from botocore.config import Config
from tests.servers import seaweedfs

from tidewheel_contracts.api.v1alpha1.artifact_store import ArtifactStoreSpec
from tidewheel_contracts.api.v1alpha1.source_files import TableFormat, TableSource
from tidewheel_trainer.egress.guard import Guard, Unguarded
from tidewheel_trainer.s3_store import S3Store
from tidewheel_trainer.sources.connector import Connector, Context, Look
from tidewheel_trainer.sources.table import open_table

BUCKET = "lake"
KEYS = {"AWS_ACCESS_KEY_ID": "operator-tests", "AWS_SECRET_ACCESS_KEY": "not-a-secret"}


@dataclass(frozen=True)
class Lake:
    """A bucket, and a folder of it that no other test uses."""

    endpoint: str
    client: Any
    prefix: str
    scratch: Path

    @property
    def location(self) -> str:
        return f"s3://{BUCKET}/{self.prefix}"

    @property
    def storage_options(self) -> dict[str, str]:
        """Return what the deltalake library needs to write."""
        return {
            **KEYS,
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_REGION": "us-east-1",
            "AWS_ALLOW_HTTP": "true",
            "AWS_VIRTUAL_HOSTED_STYLE_REQUEST": "false",
            "conditional_put": "etag",
        }

    @property
    def io_properties(self) -> dict[str, str]:
        """Return what pyiceberg needs to write."""
        return {
            "s3.endpoint": self.endpoint,
            "s3.access-key-id": KEYS["AWS_ACCESS_KEY_ID"],
            "s3.secret-access-key": KEYS["AWS_SECRET_ACCESS_KEY"],
            "s3.region": "us-east-1",
        }

    def listed(self, below: str = "") -> list[str]:
        listed = self.client.list_objects_v2(Bucket=BUCKET, Prefix=f"{self.prefix}/{below}")
        return [entry["Key"] for entry in listed.get("Contents", ())]

    def put(self, key: str, data: bytes) -> None:
        self.client.put_object(Bucket=BUCKET, Key=key, Body=data)

    def get(self, key: str) -> bytes:
        data: bytes = self.client.get_object(Bucket=BUCKET, Key=key)["Body"].read()
        return data

    def remove(self, key: str) -> None:
        self.client.delete_object(Bucket=BUCKET, Key=key)

    def connector(self, form: TableFormat, guard: Guard | None = None) -> Connector:
        """Return the table as the ArtifactStore's, or with a guard as one of another store."""
        spec = ArtifactStoreSpec(endpoint=self.endpoint, bucket=BUCKET, secret_name="keys")
        where = {"endpoint": self.endpoint, "bucket": BUCKET, "secret_name": "keys"}
        source = TableSource.model_validate(
            {"format": form, "prefix": self.prefix, "bucket": where if guard else None}
        )
        context = Context(
            store=S3Store(spec, KEYS),
            store_spec=spec,
            credentials=KEYS,
            guard=guard or Unguarded(),
            scratch=self.scratch,
        )
        return open_table(source, context)


@pytest.fixture(scope="session")
def lake_endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("seaweedfs")
    with seaweedfs.running(
        folder, [(KEYS["AWS_ACCESS_KEY_ID"], KEYS["AWS_SECRET_ACCESS_KEY"])]
    ) as store:
        with closing(_client(store.endpoint)) as client:
            client.create_bucket(Bucket=BUCKET)
        yield store.endpoint


@pytest.fixture
def lake(request: pytest.FixtureRequest, lake_endpoint: str, tmp_path: Path) -> Iterator[Lake]:
    name = f"{request.node.originalname}-{secrets.token_hex(4)}"
    with closing(_client(lake_endpoint)) as client:
        yield Lake(lake_endpoint, client, f"tables/{name}", tmp_path)


def landed(connector: Connector, look: Look, folder: Path) -> list[dict[str, Any]]:
    """Return the rows of the one piece."""
    (piece,) = look.pieces
    connector.land(piece, folder / "landed")
    rows: list[dict[str, Any]] = pq.read_table(folder / "landed").to_pylist()
    return rows


def _client(endpoint: str) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
        # A bucket is refused for a moment after the start, until a volume is there.
        config=Config(retries={"mode": "standard", "total_max_attempts": 8}),
    )
