"""News of data: `POST /data/<namespace>` lets Datasets look at their sources at once.

Answered 2xx only when every look is certain, because senders repeat a request until then and never
after.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable

from aiohttp import web
from pydantic import ValidationError

from tidewheel_contracts.api.v1alpha1.dataset import DatasetSpec, DatasetStatus
from tidewheel_operator.policies.data_events import DataEvent, concerns
from tidewheel_operator.reconcile import observe
from tidewheel_operator.reconcile.world import World
from tidewheel_operator.runtime.api import ApiUnavailableError
from tidewheel_operator.runtime.metrics import DATA_EVENTS
from tidewheel_operator.runtime.resources import DATASETS
from tidewheel_operator.web.alert_tokens import AlertTokens
from tidewheel_operator.web.answers import error_answer, problems, refusal
from tidewheel_operator.web.data_looks import LookRefusedError, look_now
from tidewheel_operator.web.data_payload import PayloadError, data_events

__all__ = ["LARGEST_DATA_BODY", "data_handler"]

_LOG = logging.getLogger(__name__)
LARGEST_DATA_BODY = 4 * 1024 * 1024

Handler = Callable[[web.Request], Awaitable[web.Response]]


def data_handler(world: World, tokens: AlertTokens) -> Handler:
    """Return what answers `POST /data/{namespace}`."""
    # One at a time in a namespace: news that comes at once must see each other's Job.
    locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def post_data(request: web.Request) -> web.Response:
        namespace = request.match_info["namespace"]
        refused = refusal(tokens, request.headers.get("Authorization", ""), namespace)
        if refused is not None:
            return refused
        try:
            events = data_events(request.headers, await request.read())
        except web.HTTPRequestEntityTooLarge:
            return error_answer(413, f"the body must be at most {LARGEST_DATA_BODY} bytes")
        except PayloadError as error:
            return error_answer(400, str(error))
        except ValidationError as error:
            return error_answer(400, problems(error))
        async with locks[namespace]:
            return await _answer(world, namespace, events)

    return post_data


async def _answer(world: World, namespace: str, events: tuple[DataEvent, ...]) -> web.Response:
    datasets = [
        item
        for item in observe.readable_all(world, DATASETS, namespace, DatasetSpec, DatasetStatus)
        if not item.metadata.is_being_deleted
    ]
    if not datasets:
        return error_answer(404, f"namespace '{namespace}' has no Dataset, or is not watched")
    store = observe.store(world, namespace)
    bucket = store.bucket if store is not None else None
    results: list[dict[str, str]] = []
    try:
        for dataset in datasets:
            name, spec = dataset.metadata.name, dataset.spec
            if not any(concerns(event, name, spec, bucket) for event in events):
                continue
            outcome = await look_now(world, namespace, name)
            if outcome is None:
                continue
            DATA_EVENTS.labels(outcome.outcome).inc()
            results.append(
                {
                    "dataset": outcome.dataset,
                    "outcome": outcome.outcome,
                    "message": outcome.message,
                    "job": outcome.job,
                }
            )
    except (ApiUnavailableError, LookRefusedError) as error:
        _LOG.warning("news of data in namespace %s was not taken in: %s", namespace, error)
        return error_answer(503, f"the source cannot be looked at yet: {error}")
    if not results:
        DATA_EVENTS.labels("NotOurs").inc()
    return web.json_response({"results": results, "message": _summary(namespace, len(results))})


def _summary(namespace: str, count: int) -> str:
    if count:
        return "1 Dataset is looked at" if count == 1 else f"{count} Datasets are looked at"
    return f"no Dataset of namespace '{namespace}' has the source that this is about"
