"""A topic of its own for each test, and messages with numbers."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.integration.sources.stream_fixtures import (
    Broker,
    kafka_broker,
    opened,
)

from tidewheel_trainer.sources.stream import StreamConnector

__all__ = ["Open", "kafka_broker", "numbered", "numbers_of", "open_topic", "topic"]

Open = Callable[..., StreamConnector]


@pytest.fixture
def topic(request: pytest.FixtureRequest) -> str:
    """Return a name for this test's topic."""
    return str(request.node.name).replace("_", "-")[:200]


@pytest.fixture
def open_topic(kafka_broker: Broker, topic: str, tmp_path: Path) -> Iterator[Open]:
    """Return a function that opens the test's topic; all are closed at the end."""
    connectors: list[StreamConnector] = []

    def open_it(*, time_column: str | None = None, **options: Any) -> StreamConnector:
        kafka = {
            "servers": options.pop("servers", [kafka_broker.server.address]),
            "topic": options.pop("topic", topic),
            "tls": options.pop("tls", "Disabled"),
            **options.pop("kafka", {}),
        }
        source = {"kafka": kafka, **({"timeColumn": time_column} if time_column else {})}
        connectors.append(opened(source, tmp_path, **options))
        return connectors[-1]

    yield open_it
    for connector in connectors:
        connector.close()


def numbered(partition: int, *numbers: int) -> list[tuple[int, bytes | None]]:
    """Return messages with numbers for a partition."""
    return [(partition, json.dumps({"number": number}).encode()) for number in numbers]


def numbers_of(rows: list[dict[str, Any]]) -> list[int]:
    """Return the numbers in rows."""
    return [row["number"] for row in rows]
