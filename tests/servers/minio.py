"""MinIO on loopback, for one test session."""

import http.client
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.ports import free_ports

from tidewheel_dev import wait
from tidewheel_dev.data_servers import minio

__all__ = ["running"]


@contextmanager
def running(folder: Path, access_key: str, secret_key: str) -> Iterator[str]:
    """Run a store without buckets in `folder`, and give its URL."""
    (port,) = free_ports(1)
    log = folder / "log"
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "MINIO_ROOT_USER": access_key,
        "MINIO_ROOT_PASSWORD": secret_key,
        # Neither a page for people nor a question for newer versions.
        "MINIO_BROWSER": "off",
        "MINIO_UPDATE": "off",
    }
    argv = [str(minio.ensure()), "server", "--address", f"127.0.0.1:{port}", str(folder / "data")]
    with log.open("wb") as output:
        process = subprocess.Popen(argv, stdout=output, stderr=subprocess.STDOUT, env=environment)
    try:
        _wait_until_ready(process, port, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def _wait_until_ready(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    def missing() -> str | None:
        if process.poll() is not None:
            raise AssertionError(f"MinIO ended: {log.read_text()[-2000:]}")
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/minio/health/ready")
            status = connection.getresponse().status
            return None if status == http.client.OK else f"/minio/health/ready answers {status}"
        except OSError as error:
            return str(error)
        finally:
            connection.close()

    wait.until("MinIO", missing, timeout_seconds=60)
