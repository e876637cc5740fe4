"""Workers: they take keys from the queue and reconcile them, and never give up on one."""

import asyncio
import logging
import time
from typing import Any

from tidewheel_operator.reconcile import (
    artifact_store,
    dataset,
    model_deployment,
    model_pipeline,
    model_version,
    training_run,
)
from tidewheel_operator.reconcile.step import Reconciler, reconcile
from tidewheel_operator.reconcile.world import World
from tidewheel_operator.runtime.api import ApiUnavailableError
from tidewheel_operator.runtime.metrics import (
    QUEUE_DEPTH,
    RECONCILE_FAILURES,
    RECONCILE_SECONDS,
)
from tidewheel_operator.runtime.queue import Key, WorkQueue

__all__ = ["RECONCILERS", "run_workers"]

_LOG = logging.getLogger(__name__)
RECONCILERS: dict[str, Reconciler[Any, Any]] = {
    module.RECONCILER.resource.plural: module.RECONCILER
    for module in (
        artifact_store,
        dataset,
        model_deployment,
        model_pipeline,
        model_version,
        training_run,
    )
}


async def run_workers(world: World, queue: WorkQueue, count: int) -> None:
    """Work until cancelled."""
    QUEUE_DEPTH.set_function(lambda: float(len(queue)))
    async with asyncio.TaskGroup() as group:
        for _ in range(count):
            group.create_task(_work(world, queue))


async def _work(world: World, queue: WorkQueue) -> None:
    while True:
        key = await queue.take()
        try:
            await _reconcile_key(world, queue, key)
        finally:
            queue.done(key)


async def _reconcile_key(world: World, queue: WorkQueue, key: Key) -> None:
    began = time.monotonic()
    try:
        again = await reconcile(RECONCILERS[key.plural], world, key.namespace, key.name)
    except ApiUnavailableError as error:
        _LOG.warning("%s will be tried again: %s", key, error)
        RECONCILE_FAILURES.labels(key.plural).inc()
        queue.retry(key, error.retry_after_seconds)
        return
    except Exception:
        # A defect of ours in one object must not stop the others; it is logged and counted.
        _LOG.exception("%s will be tried again", key)
        RECONCILE_FAILURES.labels(key.plural).inc()
        queue.retry(key)
        return
    finally:
        RECONCILE_SECONDS.labels(key.plural).observe(time.monotonic() - began)
    if again.is_stale:
        queue.retry(key)
        return
    queue.succeed(key)
    if again.seconds is not None:
        queue.add_after(key, again.seconds)
