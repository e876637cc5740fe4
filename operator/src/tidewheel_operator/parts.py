"""The parts of one operator process, made and joined once."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tidewheel_operator.logs import about
from tidewheel_operator.reconcile.routing import keys_of
from tidewheel_operator.reconcile.world import World
from tidewheel_operator.runtime.api import WRITE_TIMEOUT_SECONDS, KubernetesApi
from tidewheel_operator.runtime.cache import Cache
from tidewheel_operator.runtime.client import make_client
from tidewheel_operator.runtime.event_source import Change, OnChange
from tidewheel_operator.runtime.fence import Fence, OpenGate
from tidewheel_operator.runtime.handover import handing_over
from tidewheel_operator.runtime.leadership import Leadership, LeaseName
from tidewheel_operator.runtime.pacing import Pacing
from tidewheel_operator.runtime.queue import Key, Lane, WorkQueue
from tidewheel_operator.runtime.resources import TRAINING_RUNS, Resource
from tidewheel_operator.runtime.verification import Verifier
from tidewheel_operator.runtime.vitals import Vitals
from tidewheel_operator.settings import Settings
from tidewheel_operator.web.health import Health

__all__ = ["Parts", "make_parts"]

Object = dict[str, Any]
_LOG = logging.getLogger(__name__)
# Renewals of the Lease wait neither for tokens nor for a pause that others have earned.
_LEASE_WRITES_PER_SECOND = 10
# Whoever sends tokens to the report port must not use up what reconcilers may write.
_REVIEWS_PER_SECOND, _REVIEWS_AT_ONCE = 50, 100


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything that lives as long as the process."""

    settings: Settings
    api: KubernetesApi
    cache: Cache
    queue: WorkQueue
    world: World
    alert_world: World
    leadership: Leadership
    verifier: Verifier
    vitals: Vitals
    health: Health
    reviews: KubernetesApi

    def mark_dirty(self, resource: Resource, item: Object, before: Object | None) -> None:
        """Queue every object that a change concerns."""
        # What is read at the start has mostly been dealt with before: news go first.
        lane = Lane.SLOW if self.health.waiting_for else Lane.FAST
        for key in keys_of(self.cache, resource, item, before):
            self.queue.add(key, lane)

    def mark_run(self, namespace: str, name: str) -> None:
        """Queue a run of which a report tells."""
        self.queue.add(Key(TRAINING_RUNS.plural, namespace, name))

    def on_change(self, loop: asyncio.AbstractEventLoop) -> OnChange:
        """Return what the watches call, from their own thread."""
        return handing_over(loop, self._take_in_safely)

    def _take_in_safely(self, resource: Resource, change: Change, item: Object) -> None:
        try:
            self._take_in(resource, change, item)
        except Exception:
            # A defect of ours in one object must not keep the news of the others away.
            _LOG.exception(
                "a change was not taken in", extra=about(resource.kind, item["metadata"])
            )

    def _take_in(self, resource: Resource, change: Change, item: Object) -> None:
        self.vitals.heard(resource)
        if change is not Change.GONE:
            self.cache.put(resource, item)
            if change is Change.LISTED:
                self.verifier.soon(resource)
            return
        metadata = item["metadata"]
        self.cache.remove(
            resource,
            metadata["namespace"],
            metadata["name"],
            metadata["uid"],
            metadata.get("resourceVersion"),
        )


@asynccontextmanager
async def make_parts(settings: Settings) -> AsyncIterator[Parts]:
    """Make the parts, and close their connections at the end."""
    client, lease_client = [await make_client(settings.pod_name) for _ in range(2)]
    try:
        fence, vitals, cache, queue = Fence(), Vitals(), Cache(), WorkQueue()
        pacing = Pacing(settings.writes_per_second, settings.write_burst)
        api = KubernetesApi(client, pacing, fence)
        leadership = Leadership(
            KubernetesApi(
                lease_client,
                Pacing(_LEASE_WRITES_PER_SECOND, _LEASE_WRITES_PER_SECOND),
                OpenGate(),
                WRITE_TIMEOUT_SECONDS,
            ),
            LeaseName(settings.pod_namespace, settings.lease_name, settings.pod_name),
            fence,
        )
        yield Parts(
            settings=settings,
            api=api,
            cache=cache,
            queue=queue,
            world=World(api, cache, settings, _now),
            alert_world=World(KubernetesApi(client, pacing, OpenGate()), cache, settings, _now),
            leadership=leadership,
            verifier=Verifier(
                api, cache, settings.watch_namespaces, settings.verify_seconds, vitals
            ),
            vitals=vitals,
            health=Health(
                leader=lambda: leadership.holder,
                complaints=lambda: vitals.complaints(
                    queue.oldest_seconds() if leadership.is_leading else 0.0
                ),
            ),
            reviews=KubernetesApi(
                client, Pacing(_REVIEWS_PER_SECOND, _REVIEWS_AT_ONCE), OpenGate()
            ),
        )
    finally:
        await client.close()
        await lease_client.close()


def _now() -> datetime:
    return datetime.now(UTC)
