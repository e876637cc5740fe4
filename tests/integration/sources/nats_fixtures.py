"""A stream of its own for each test, and what its owners do with it."""

import json
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import nats
import pytest
from nats.js import JetStreamContext
from tests.integration.sources.stream_fixtures import (
    nats_server,
    opened,
    run,
)
from tests.servers.nats import NatsServer

from tidewheel_trainer.sources.stream import StreamConnector

__all__ = ["CREDENTIALS", "Open", "Stream", "nats_server", "numbers_of", "open_stream", "stream"]

Open = Callable[..., StreamConnector]
CREDENTIALS = {"username": "reader", "password": "only-for-tests"}


class Stream:
    """A stream and what its owners do with it."""

    def __init__(self, server: NatsServer, name: str) -> None:
        self.server = server
        self.name = name

    def create(self, **settings: Any) -> None:
        """Make it."""
        self._do(lambda js: js.add_stream(name=self.name, subjects=[f"{self.name}.>"], **settings))

    def delete(self) -> None:
        """Delete it with its messages."""
        self._do(lambda js: js.delete_stream(self.name))

    def put(self, *numbers: int, subject: str = "a") -> None:
        """Write messages with numbers."""
        self.put_raw(
            *(json.dumps({"number": number}).encode() for number in numbers), subject=subject
        )

    def put_raw(self, *values: bytes, subject: str = "a") -> None:
        """Write messages as they are."""

        async def work(js: JetStreamContext) -> None:
            for value in values:
                await js.publish(f"{self.name}.{subject}", value)

        self._do(work)

    def delete_message(self, sequence: int) -> None:
        """Delete one message."""
        self._do(lambda js: js.delete_msg(self.name, sequence))

    def delete_before(self, sequence: int) -> None:
        """Delete the messages before a sequence, as retention does."""
        self._do(lambda js: js.purge_stream(self.name, seq=sequence))

    def consumers(self) -> int:
        """Return how many consumers the stream has."""
        return int(self._do(lambda js: js.stream_info(self.name)).state.consumer_count)

    def _do(self, work: Callable[[JetStreamContext], Awaitable[Any]]) -> Any:
        async def done() -> Any:
            client = await nats.connect(
                self.server.address, user=self.server.user, password=self.server.password
            )
            try:
                return await work(client.jetstream())
            finally:
                await client.close()

        return run(done())


@pytest.fixture
def stream(request: pytest.FixtureRequest, nats_server: NatsServer) -> Stream:
    """Return this test's stream, which is not made yet."""
    return Stream(nats_server, str(request.node.name)[:100])


@pytest.fixture
def open_stream(stream: Stream, tmp_path: Path) -> Iterator[Open]:
    """Return a function that opens the test's stream; all are closed at the end."""
    connectors: list[StreamConnector] = []

    def open_it(*, time_column: str | None = None, **options: Any) -> StreamConnector:
        settings = {
            "servers": options.pop("servers", [stream.server.address]),
            "stream": stream.name,
            "tls": "Disabled",
            "secretName": "nats",
            **options.pop("nats", {}),
        }
        source = {"nats": settings, **({"timeColumn": time_column} if time_column else {})}
        given = {"credentials": CREDENTIALS, **options}
        connectors.append(opened(source, tmp_path, **given))
        return connectors[-1]

    yield open_it
    for connector in connectors:
        connector.close()


def numbers_of(rows: list[dict[str, Any]]) -> list[int]:
    """Return the numbers in rows."""
    return [row["number"] for row in rows]
