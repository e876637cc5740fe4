"""A server that misbehaves, and connectors to it whose pauses take no time."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from tests.servers.misbehaving_http import Server, misbehaving_http

from tidewheel_contracts.api.v1alpha1.artifact_store import ArtifactStoreSpec
from tidewheel_contracts.api.v1alpha1.source_http import HttpSource
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.egress.guard import Guard
from tidewheel_trainer.egress.policy import Policy
from tidewheel_trainer.egress.resolving import Found, ResolvingGuard
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.sources.connector import Context, Look
from tidewheel_trainer.sources.http import HttpConnector
from tidewheel_trainer.sources.http_reading import Limits

Connect = Callable[..., HttpConnector]


@dataclass
class Time:
    """A clock that pauses move, and looks at it if a tick is set."""

    now: float = 0.0
    tick: float = 0.0
    pauses: list[float] = field(default_factory=list)

    def clock(self) -> float:
        self.now += self.tick
        return self.now

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


def guard_of(hosts: Mapping[str, str], allow: tuple[str, ...] = ("127.0.0.1",)) -> ResolvingGuard:
    """Return a guard whose DNS knows these hosts, and which lists this machine."""
    return ResolvingGuard(
        Policy(namespace="ml").also_allowing(*allow),
        lambda host, _: Found(host, (hosts[host],)),
    )


@pytest.fixture(scope="session", name="session_server")
def fixture_session_server() -> Iterator[Server]:
    with misbehaving_http() as server:
        yield server


@pytest.fixture(name="server")
def fixture_server(session_server: Server) -> Server:
    session_server.requests.clear()
    session_server.has({})
    return session_server


@pytest.fixture(name="time")
def fixture_time() -> Time:
    return Time()


@pytest.fixture(name="connect")
def fixture_connect(tmp_path: Path, time: Time) -> Iterator[Connect]:
    opened: list[HttpConnector] = []

    def connect_to(
        url: str,
        *,
        credentials: Mapping[str, str] | None = None,
        guard: Guard | None = None,
        limits: Limits | None = None,
        **fields: Any,
    ) -> HttpConnector:
        context = Context(
            store=None,  # type: ignore[arg-type]
            store_spec=ArtifactStoreSpec.model_construct(),
            credentials=credentials or {},
            guard=guard or guard_of({}),
            scratch=tmp_path,
        )
        connector = HttpConnector(
            HttpSource.model_validate({"url": url, **fields}),
            context,
            limits=limits or Limits(),
            clock=time.clock,
            pause=time.pause,
        )
        opened.append(connector)
        return connector

    yield connect_to
    for connector in opened:
        connector.close()


def rows_of(connector: HttpConnector, look: Look, folder: Path) -> list[dict[str, Any]]:
    """Land all pieces of a look and read them."""
    found: list[dict[str, Any]] = []
    for piece in look.pieces:
        connector.land(piece, folder / "landed.parquet")
        found.extend(pq.read_table(folder / "landed.parquet").to_pylist())
    return found


def failure_of(
    connector: HttpConnector, position: Mapping[str, str] | None = None
) -> tuple[FailureReason, str]:
    """Return why a look fails."""
    with pytest.raises(TrainerError) as caught:
        connector.look(position or {})
    return caught.value.reason, caught.value.message
