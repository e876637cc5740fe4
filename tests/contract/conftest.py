"""A real S3 store for contract tests: SeaweedFS on loopback, started once and thrown away."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from typing import Any

import boto3
import pytest
from botocore.config import Config
from tests.servers import seaweedfs

from tidewheel_contracts.job import EGRESS_VARIABLE, parse_termination_message

# The one bucket that exists, and the keys that open it.
BUCKET = "bucket"
KEYS = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}
# What an administrator lists for a store on this machine.
EGRESS = json.dumps({"allow": ["127.0.0.1"], "clusterRanges": [], "namespace": "ml"})


@pytest.fixture(scope="session")
def s3_endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the URL of a store with the bucket BUCKET, open to KEYS."""
    access_key, secret_key = KEYS.values()
    folder = tmp_path_factory.mktemp("seaweedfs")
    with seaweedfs.running(folder, [(access_key, secret_key)]) as store:
        with closing(s3_client(store.endpoint)) as client:
            client.create_bucket(Bucket=BUCKET)
        yield store.endpoint


@pytest.fixture
def s3(s3_endpoint: str) -> Iterator[Any]:
    """Return a boto3 client of that store."""
    with closing(s3_client(s3_endpoint)) as client:
        yield client


@pytest.fixture
def folder(request: pytest.FixtureRequest) -> str:
    """Return a prefix of the bucket that no other test uses."""
    return re.sub("[^a-z0-9]+", "-", request.node.name.lower()).strip("-")


@pytest.fixture(scope="session")
def run_trainer(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., tuple[int, Any]]:
    """Return a function that runs a program as its Job does.

    It returns the exit code and the parsed termination message.
    """

    def run(name: str, request: dict[str, Any], keys: Mapping[str, str] = KEYS) -> tuple[int, Any]:
        folder = tmp_path_factory.mktemp(name)
        (folder / "request.json").write_text(json.dumps(request))
        done = subprocess.run(
            [
                *(sys.executable, "-m", "tidewheel_trainer", name),
                *("--request", str(folder / "request.json")),
                *("--result", str(folder / "message")),
            ],
            env={**os.environ, "TMPDIR": str(folder), EGRESS_VARIABLE: EGRESS, **keys},
            capture_output=True,
            text=True,
            check=False,
        )
        assert "Traceback" not in done.stdout + done.stderr, done.stderr
        for line in done.stdout.splitlines():
            assert json.loads(line).keys() == {"stage", "percent", "message"}
        return done.returncode, parse_termination_message((folder / "message").read_text())

    return run


def s3_client(endpoint: str) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
        # A bucket is refused for a moment after the start, until a volume is there.
        config=Config(retries={"mode": "standard", "total_max_attempts": 8}),
    )
