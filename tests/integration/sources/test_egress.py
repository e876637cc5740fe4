"""No library of a source reaches a forbidden address, even when the DNS changes its answer."""

import socket
import subprocess
import sys

import pytest

# The guard hears a public address; the library's own look-up then leads to this machine.
_PROCESS = """
import asyncio, socket, sys
from tidewheel_trainer.egress.hook import install
from tidewheel_trainer.egress.policy import Policy
from tidewheel_trainer.egress.resolving import Found, ResolvingGuard

HOST, PORT = "rebinding.example", int(sys.argv[1])
guard = ResolvingGuard(Policy(namespace="ml"), lambda host, _: Found(host, ("93.184.215.14",)))
install(guard)
assert guard.address_of(HOST, PORT) == "93.184.215.14"
system = socket.getaddrinfo

def rebound(host, port, *rest, **more):
    return system("127.0.0.1" if host in (HOST, HOST.encode()) else host, port, *rest, **more)

socket.getaddrinfo = rebound
{library}
"""

_LIBRARIES = {
    "urllib3": """
import urllib3
urllib3.PoolManager(retries=False).request("GET", f"http://{HOST}:{PORT}", timeout=1.0)
""",
    "boto3": """
import boto3
from botocore.config import Config
boto3.client(
    "s3", endpoint_url=f"http://{HOST}:{PORT}", region_name="a", aws_access_key_id="a",
    aws_secret_access_key="b", config=Config(retries={"max_attempts": 0}),
).list_buckets()
""",
    "pymysql": """
import pymysql
pymysql.connect(host=HOST, port=PORT, connect_timeout=1)
""",
    "pymongo": """
import pymongo
pymongo.MongoClient(HOST, PORT, serverSelectionTimeoutMS=500).admin.command("ping")
""",
    "aiokafka": """
from aiokafka import AIOKafkaConsumer

async def main():
    consumer = AIOKafkaConsumer(bootstrap_servers=f"{HOST}:{PORT}", request_timeout_ms=1000)
    try:
        await consumer.start()
    finally:
        await consumer.stop()

asyncio.run(main())
""",
    "nats": """
import nats
asyncio.run(
    nats.connect(
        f"nats://{HOST}:{PORT}", connect_timeout=1, reconnect_time_wait=0.01,
        max_reconnect_attempts=1,
    )
)
""",
}


@pytest.mark.parametrize("library", _LIBRARIES)
def test_a_library_is_not_led_to_a_forbidden_address(library: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        port = server.getsockname()[1]
        program = _PROCESS.replace("{library}", _LIBRARIES[library])
        done = subprocess.run(
            [sys.executable, "-c", program, str(port)], check=False, capture_output=True, text=True
        )
        with pytest.raises(BlockingIOError):
            server.accept()
    assert done.returncode != 0
    assert "the host '127.0.0.1' may not be connected to: it is a loopback address" in done.stderr
