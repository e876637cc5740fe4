"""Proxies that run in a thread of their own, for tests that are not asynchronous."""

from collections.abc import Callable, Sequence
from pathlib import Path

import yaml
from aiohttp import web
from tests.faults.cluster.loop_thread import LoopThread
from tests.faults.proxy.record import Record
from tests.faults.proxy.rules import Rule
from tests.faults.proxy.server import Proxy
from tests.faults.proxy.upstream import open_session, url_of
from tests.integration.local_server import LocalServer, free_port

__all__ = ["FaultProxy"]


class FaultProxy:
    """A proxy in front of a server; what it records begins anew with every set of rules."""

    def __init__(self, server: LocalServer, thread: LoopThread, kill: Callable[[], None]) -> None:
        self._server = server
        self._thread = thread
        self._kill = kill
        self._runner: web.AppRunner | None = None
        self.port = free_port()
        self.proxy: Proxy = thread.run(self._start())

    @property
    def url(self) -> str:
        """Return where the proxy listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def record(self) -> Record:
        """Return what went through since the rules were set."""
        return self.proxy.record

    def obey(self, rules: Sequence[Rule] = ()) -> Record:
        """Follow these rules from now on, and record anew."""

        async def change() -> Record:
            self.proxy.rules, self.proxy.counts = tuple(rules), {}
            self.proxy.record = Record()
            return self.proxy.record

        return self._thread.run(change())

    def change_rules(self, rules: Sequence[Rule]) -> None:
        """Follow other rules, in the same recording."""

        async def change() -> None:
            self.proxy.rules, self.proxy.counts = tuple(rules), {}

        self._thread.run(change())

    def write_kubeconfig(self, file: Path) -> Path:
        """Write the kubeconfig of a client that goes through the proxy."""
        entry = {"name": "proxy"}
        content = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{**entry, "cluster": {"server": self.url}}],
            "users": [{**entry, "user": {}}],
            "contexts": [{**entry, "context": {"cluster": "proxy", "user": "proxy"}}],
            "current-context": "proxy",
        }
        file.write_text(yaml.safe_dump(content))
        return file

    def stop(self) -> None:
        """Close everything."""
        self._thread.run(self._stop())

    async def _start(self) -> Proxy:
        proxy = Proxy(open_session(self._server), url_of(self._server), lambda: self._kill())
        app = web.Application(client_max_size=0)
        app.router.add_route("*", "/{path:.*}", proxy.handle)
        self._runner = web.AppRunner(
            app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1
        )
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()
        return proxy

    async def _stop(self) -> None:
        await self.proxy.session.close()
        if self._runner is not None:
            await self._runner.cleanup()
