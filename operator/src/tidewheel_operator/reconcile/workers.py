"""Workers: they take keys from the queue and reconcile them, and never give up on one."""

import asyncio
import logging
import random
import time
from enum import Enum
from typing import Any

from tidewheel_operator.logs import about
from tidewheel_operator.reconcile import (
    artifact_store,
    dataset,
    model_alias,
    model_approval,
    model_deployment,
    model_pipeline,
    model_version,
    training_run,
)
from tidewheel_operator.reconcile.step import Reconciler, reconcile
from tidewheel_operator.reconcile.world import World
from tidewheel_operator.runtime.api import ApiUnavailableError
from tidewheel_operator.runtime.fence import NotLeaderError
from tidewheel_operator.runtime.metrics import RECONCILE_SECONDS, RECONCILES
from tidewheel_operator.runtime.queue import Key, Lane, WorkQueue
from tidewheel_operator.runtime.vitals import Vitals

__all__ = ["RECONCILERS", "run_workers"]

_LOG = logging.getLogger(__name__)
_RESYNC_SECONDS = 600.0
RECONCILERS: dict[str, Reconciler[Any, Any]] = {
    module.RECONCILER.resource.plural: module.RECONCILER
    for module in (
        artifact_store,
        dataset,
        model_alias,
        model_approval,
        model_deployment,
        model_pipeline,
        model_version,
        training_run,
    )
}


class _Result(Enum):
    """How a reconciliation went; all but the first are tried again."""

    DONE = "Done"
    STALE = "Stale"
    UNAVAILABLE = "Unavailable"
    DEFECT = "Defect"


async def run_workers(world: World, queue: WorkQueue, vitals: Vitals, count: int) -> None:
    """Work until the queue is closed or until cancelled."""
    vitals.worked()
    async with asyncio.TaskGroup() as group:
        for _ in range(count):
            group.create_task(_work(world, queue, vitals))


async def _work(world: World, queue: WorkQueue, vitals: Vitals) -> None:
    while (key := await queue.take()) is not None:
        try:
            result = await _reconcile_key(world, queue, key)
        except asyncio.CancelledError:
            # Whoever leads next, and that may be this replica, has to look at it again.
            queue.add(key)
            raise
        finally:
            queue.done(key)
            vitals.worked()
        RECONCILES.labels(key.plural, result.value).inc()


async def _reconcile_key(world: World, queue: WorkQueue, key: Key) -> _Result:
    began = time.monotonic()
    try:
        again = await reconcile(RECONCILERS[key.plural], world, key.namespace, key.name)
    except ApiUnavailableError as error:
        _LOG.warning("will be tried again: %s", error, extra=_about(key))
        queue.retry(key, error.retry_after_seconds)
        return _Result.UNAVAILABLE
    except NotLeaderError as error:
        _LOG.warning("will be tried again: %s", error, extra=_about(key))
        queue.retry(key)
        return _Result.UNAVAILABLE
    except Exception:
        # A defect of ours in one object must not stop the others; it is logged and counted.
        _LOG.exception("will be tried again", extra=_about(key))
        queue.retry(key)
        return _Result.DEFECT
    finally:
        RECONCILE_SECONDS.labels(key.plural).observe(time.monotonic() - began)
    if again.is_stale:
        queue.retry(key)
        return _Result.STALE
    queue.succeed(key)
    if not again.is_gone:
        _look_again(queue, key, again.seconds)
    return _Result.DONE


def _about(key: Key) -> dict[str, dict[str, str]]:
    kind = RECONCILERS[key.plural].resource.kind
    return about(kind, {"namespace": key.namespace, "name": key.name})


def _look_again(queue: WorkQueue, key: Key, seconds: float | None) -> None:
    if seconds is not None:
        queue.add_after(key, seconds)
        return
    # Nobody asked for it: this mends what a lost event or a defect of ours would leave undone.
    spread = random.uniform(0.8, 1.2)  # noqa: S311 - not a secret
    queue.add_after(key, _RESYNC_SECONDS * spread, Lane.SLOW)
