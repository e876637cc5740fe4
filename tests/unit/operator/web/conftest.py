"""The token file that the alert port reads, and a client that posts to it."""

import asyncio
import io
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer
from tests.unit.operator.web.notifications import (
    TOKEN,
    Answer,
    Post,
    with_client,
)

from tidewheel_operator.reconcile.world import World
from tidewheel_operator.web.alert_tokens import AlertTokens
from tidewheel_operator.web.alerts import alert_app


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    path = tmp_path / "tokens.json"
    tokens = [
        {"token": TOKEN, "namespaces": ["ml", "empty"]},
        {"token": "fedcba9876543210", "namespaces": ["else"]},
    ]
    path.write_text(json.dumps({"tokens": tokens}))
    return path


@pytest.fixture
def post(token_file: Path) -> Post:
    """Return a function that posts bodies one after the other and returns the answers."""

    def send(
        world: World,
        bodies: Iterable[object],
        namespace: str = "ml",
        authorization: str = f"Bearer {TOKEN}",
        path: str = "alerts",
        headers: dict[str, str] | None = None,
    ) -> list[Answer]:
        async def scenario(client: TestClient[Any, Any]) -> list[Answer]:
            answers = []
            for body in bodies:
                data = body if isinstance(body, bytes) else json.dumps(body).encode()
                response = await client.post(
                    f"/{path}/{namespace}",
                    data=io.BytesIO(data),
                    headers={"Authorization": authorization, **(headers or {})},
                )
                answers.append((response.status, await response.json()))
            return answers

        app = alert_app(world, AlertTokens(str(token_file)))
        return asyncio.run(with_client(TestServer(app), scenario))

    return send
