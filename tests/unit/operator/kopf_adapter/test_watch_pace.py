"""A watch that ends at once is opened again once a second; nothing else waits."""

from types import SimpleNamespace
from typing import Any, cast

import aiohttp
import pytest
from multidict import CIMultiDict
from tests.unit.operator.runtime.loops import ManualLoop, run
from yarl import URL

from tidewheel_operator.kopf_adapter.watch_pace import watch_pace

JOBS = "https://api.test/apis/batch/v1/jobs"
PODS = "https://api.test/api/v1/pods"


async def ask(config: aiohttp.TraceConfig, url: str) -> None:
    """Do what a session does before it sends a request."""
    request = aiohttp.TraceRequestStartParams("GET", URL(url), CIMultiDict())
    [wait] = cast("Any", config.on_request_start)
    await wait(None, SimpleNamespace(), request)


@pytest.mark.parametrize(
    ("urls", "moments"),
    [
        pytest.param([f"{JOBS}?watch=true"] * 3, [0, 1, 2], id="the same watch again"),
        pytest.param([f"{JOBS}?watch=true", f"{PODS}?watch=true"], [0, 0], id="another kind"),
        pytest.param(
            [f"{JOBS}?watch=true&resourceVersion=1", f"{JOBS}?watch=true&resourceVersion=2"],
            [0, 1],
            id="the same watch from a later version",
        ),
        pytest.param([JOBS] * 3, [0, 0, 0], id="listings"),
        pytest.param([f"{JOBS}?watch=true", JOBS], [0, 0], id="a listing after a watch"),
    ],
)
def test_requests_are_sent_at(urls: list[str], moments: list[float]) -> None:
    async def scenario(loop: ManualLoop) -> list[float]:
        config, sent = watch_pace(1.0), []
        for url in urls:
            await ask(config, url)
            sent.append(loop.now)
        return sent

    assert run(scenario) == moments


def test_watch_that_lasted_is_opened_again_at_once() -> None:
    async def scenario(loop: ManualLoop) -> float:
        config = watch_pace(1.0)
        await ask(config, f"{JOBS}?watch=true")
        loop.now += 290
        await ask(config, f"{JOBS}?watch=true")
        return loop.now

    assert run(scenario) == 290
