"""Watches by kopf, in a thread and an event loop of their own.

Kopf cancels every task of its loop when it ends and takes over the process's signals when it runs
in the main thread; neither may touch our workers.
"""

import asyncio
import logging
import threading
from collections.abc import Sequence
from typing import Any, cast

import kopf
import uvloop

from tidewheel_operator.kopf_adapter.login import make_login
from tidewheel_operator.kopf_adapter.storages import NoDiffBaseStorage, NoProgressStorage
from tidewheel_operator.runtime.event_source import Change, OnChange
from tidewheel_operator.runtime.resources import RESOURCES, Resource

__all__ = ["KopfEventSource"]

_LOG = logging.getLogger(__name__)
# Below the API server's own limit, so that streams end when we expect it.
_SERVER_TIMEOUT_SECONDS = 290
_CLIENT_TIMEOUT_SECONDS = 310
_RECONNECT_SECONDS = 1.0
# Kopf keeps a task for every object that it has just seen; these two halve the memory of a start.
_IDLE_SECONDS = 0.1
_CHUNK_SIZE = 500
# What kopf calls the events of a watch; objects of a listing come without a name.
_CHANGES = {None: Change.LISTED, "DELETED": Change.GONE}
# About ten minutes of an API server that is away.
_ERROR_BACKOFFS = (1, 1, 2, 3, 5, 8, 13, 21, 34, 55, 60, 60, 60, 60, 60, 60, 60)


class KopfEventSource:
    """An EventSource on kopf's low-level event handlers."""

    def __init__(self, namespaces: Sequence[str], replica: str) -> None:
        self._namespaces = tuple(namespaces)
        self._replica = replica
        self._stop = threading.Event()
        self._has_ended = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self, on_change: OnChange) -> None:
        """Begin to watch."""
        self._watch(RESOURCES, on_change)

    def follow(self, resource: Resource, on_change: OnChange) -> None:
        """Begin to watch a further kind, which the API server serves by now.

        Kopf learns at its start alone which kinds are served, so this one has a kopf of its own.
        """
        self._watch((resource,), on_change)

    def _watch(self, resources: Sequence[Resource], on_change: OnChange) -> None:
        registry = _registry(resources, on_change, self._replica)
        thread = threading.Thread(target=self._run, args=(registry,), name="kopf", daemon=True)
        self._threads.append(thread)
        thread.start()

    def has_failed(self) -> bool:
        """Tell whether watching has ended though nobody stopped it."""
        return self._has_ended.is_set() and not self._stop.is_set()

    def stop(self) -> None:
        """End watching, and wait until it has ended."""
        has_failed = self.has_failed()
        self._stop.set()
        for thread in self._threads:
            # What has ended by itself may hang over its own end; the process goes anyway.
            thread.join(timeout=1 if has_failed else 10)

    def _run(self, registry: kopf.OperatorRegistry) -> None:
        try:
            uvloop.run(self._operate(registry))
        except Exception:
            # The main thread sees that we are gone and ends the process; here is the cause.
            _LOG.exception("watching has ended")
        finally:
            self._has_ended.set()

    async def _operate(self, registry: kopf.OperatorRegistry) -> None:
        """Run kopf; the first of its tasks that ends is the end of watching.

        Kopf then ends the others, and may hang over it: nobody must wait for that.
        """
        others = asyncio.all_tasks()
        tasks = await kopf.spawn_tasks(
            registry=registry,
            settings=_settings(),
            standalone=True,
            clusterwide=not self._namespaces,
            namespaces=self._namespaces,
            stop_flag=self._stop,
            # Kopf would ask for the name of a user that a pod does not have.
            identity=cast("Any", "tidewheel"),
        )
        for task in tasks:
            task.add_done_callback(lambda _: self._has_ended.set())
        await kopf.run_tasks(tasks, ignored=others)


def _registry(
    resources: Sequence[Resource], on_change: OnChange, replica: str
) -> kopf.OperatorRegistry:
    registry = kopf.OperatorRegistry()
    kopf.on.login(registry=registry)(make_login(replica))
    for resource in resources:
        _watch(registry, resource, on_change)
    return registry


def _watch(registry: kopf.OperatorRegistry, resource: Resource, on_change: OnChange) -> None:
    async def handle(event: kopf.RawEvent, **_: Any) -> None:  # noqa: ANN401
        seen = event["object"]
        item = {
            "apiVersion": resource.api_version,
            "kind": resource.kind,
            **seen,
        }
        on_change(resource, _CHANGES.get(event["type"], Change.SEEN), item)

    decorate = kopf.on.event(
        resource.group,
        resource.version,
        resource.plural,
        id=f"watch-{resource.plural}",
        registry=registry,
    )
    decorate(handle)


def _settings() -> kopf.OperatorSettings:
    settings = kopf.OperatorSettings()
    settings.peering.standalone = True
    settings.posting.enabled = False
    # The resources are known and waited for; nothing else needs to be discovered.
    settings.scanning.disabled = True
    settings.persistence.diffbase_storage = NoDiffBaseStorage()
    settings.persistence.progress_storage = NoProgressStorage()
    settings.watching.server_timeout = _SERVER_TIMEOUT_SECONDS
    settings.watching.client_timeout = _CLIENT_TIMEOUT_SECONDS
    settings.watching.chunk_size = _CHUNK_SIZE
    settings.queueing.idle_timeout = _IDLE_SECONDS
    settings.watching.reconnect_backoff = _RECONNECT_SECONDS
    settings.networking.error_backoffs = _ERROR_BACKOFFS
    for resource in RESOURCES:
        if resource.selector:
            key = (resource.group, resource.version, resource.plural)
            settings.watching.label_selectors[key] = resource.selector
    return settings
