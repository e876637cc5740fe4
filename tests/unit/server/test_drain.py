"""Draining: not ready at once, listening until the endpoints have moved, then no longer."""

import asyncio
from dataclasses import dataclass, field

from tidewheel_server.application import Application, RequestLimits
from tidewheel_server.drain import drain
from tidewheel_server.http.connections import ConnectionLimits, ConnectionTable
from tidewheel_server.model_state import Identity, Ready, ServedModel, unready_reason


@dataclass(eq=False)
class FakeConnection:
    """Closes when it is told to, if it is idle."""

    connections: ConnectionTable
    is_idle: bool = True
    deadline: float = 0.0

    def close(self) -> None:
        self.connections.discard(self)


@dataclass
class FakeListener:
    """Notes what was true when it was closed."""

    application: Application
    connections: ConnectionTable
    seen: list[object] = field(default_factory=list)
    closed: asyncio.Event = field(default_factory=asyncio.Event)

    def close(self) -> None:
        self.closed.set()
        self.seen += [
            unready_reason(self.application.state),
            self.connections.is_draining,
            len(self.connections),
        ]


def test_listener_closes_last_and_open_requests_are_waited_for(
    identity: Identity, model: ServedModel
) -> None:
    application = Application(identity, RequestLimits(1024, 10, 1), "")
    application.state = Ready(model)

    async def scenario() -> list[object]:
        connections = ConnectionTable(ConnectionLimits())
        listener = FakeListener(application, connections)
        busy = FakeConnection(connections, is_idle=False)
        connections.add(FakeConnection(connections))
        connections.add(busy)
        draining = asyncio.create_task(
            drain(application, connections, listener, drain_seconds=0, exit_seconds=10)
        )
        await listener.closed.wait()
        assert len(connections) == 1
        busy.close()
        await draining
        return listener.seen

    assert asyncio.run(scenario()) == ["The server is shutting down", True, 2]


def test_request_that_never_ends_does_not_hold_the_exit(identity: Identity) -> None:
    application = Application(identity, RequestLimits(1024, 10, 1), "")

    async def scenario() -> int:
        connections = ConnectionTable(ConnectionLimits())
        connections.add(FakeConnection(connections, is_idle=False))
        listener = FakeListener(application, connections)
        await drain(application, connections, listener, drain_seconds=0, exit_seconds=0)
        return len(connections)

    assert asyncio.run(scenario()) == 1
