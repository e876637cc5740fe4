"""The alert webhook: `POST /alerts/<namespace>` in Alertmanager's version 4.

Answered 2xx only when everything that the alerts ask for is durable, because Alertmanager repeats
a notification until then and never after.
"""

import asyncio
import logging
from collections import defaultdict

from aiohttp import web
from pydantic import ValidationError

from tidewheel_operator.reconcile.world import World
from tidewheel_operator.runtime.api import ApiUnavailableError
from tidewheel_operator.runtime.metrics import ALERTS
from tidewheel_operator.web.alert_payload import AlertPayload
from tidewheel_operator.web.alert_runs import AlertOutcome, RunRefusedError, open_run
from tidewheel_operator.web.alert_tokens import AlertTokens
from tidewheel_operator.web.answers import error_answer, problems, refusal
from tidewheel_operator.web.data_events import LARGEST_DATA_BODY, data_handler

__all__ = ["alert_app"]

_LOG = logging.getLogger(__name__)
_LARGEST_BODY = 512 * 1024


def alert_app(world: World, tokens: AlertTokens) -> web.Application:
    """Return the application of the alert port."""
    # One at a time in a namespace: alerts that come at once must see each other's run.
    locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def post_alerts(request: web.Request) -> web.Response:
        namespace = request.match_info["namespace"]
        refused = refusal(tokens, request.headers.get("Authorization", ""), namespace)
        if refused is not None:
            return refused
        try:
            body = await request.read()
            if len(body) > _LARGEST_BODY:
                return _too_large()
            payload = AlertPayload.model_validate_json(body)
        except web.HTTPRequestEntityTooLarge:
            return _too_large()
        except ValidationError as error:
            return error_answer(400, problems(error))
        async with locks[namespace]:
            return await _answer(world, namespace, payload)

    app = web.Application(client_max_size=LARGEST_DATA_BODY)
    app.router.add_post("/alerts/{namespace}", post_alerts)
    app.router.add_post("/data/{namespace}", data_handler(world, tokens))
    return app


def _too_large() -> web.Response:
    return error_answer(413, f"the body must be at most {_LARGEST_BODY} bytes")


async def _answer(world: World, namespace: str, payload: AlertPayload) -> web.Response:
    if payload.truncatedAlerts:
        _LOG.warning("%d alerts were cut off by max_alerts", payload.truncatedAlerts)
        ALERTS.labels("Truncated").inc(payload.truncatedAlerts)
    results: list[dict[str, str]] = []
    try:
        for alert in payload.alerts:
            outcome = await open_run(world, namespace, payload.groupKey, alert)
            ALERTS.labels(outcome.outcome).inc()
            results.append(_result(outcome))
    except ApiUnavailableError as error:
        return error_answer(503, f"the run could not be created yet: {error}")
    except RunRefusedError as error:
        return error_answer(503, str(error))
    return web.json_response({"results": results, "truncatedAlerts": payload.truncatedAlerts})


def _result(outcome: AlertOutcome) -> dict[str, str]:
    return {
        "fingerprint": outcome.fingerprint,
        "outcome": outcome.outcome,
        "message": outcome.message,
        **({"run": outcome.run} if outcome.run else {}),
    }
