"""Requests at fixed times whatever the server does: the latency that clients would see.

A closed loop waits for a slow answer before it asks again, and so leaves out the requests that
would have waited behind it (coordinated omission); here time counts from when a request was due.
"""

import asyncio
import os
import time
from collections.abc import Sequence

from tests.bench.figures import percentile
from tests.bench.serving.cases import Body
from tests.bench.serving.load import CLIENT_CORE

__all__ = ["latencies_ms"]

_CONNECTIONS = 32


def latencies_ms(
    port: int, path: str, bodies: Sequence[Body], per_second: int, seconds: int
) -> dict[str, float]:
    """Return percentiles of the milliseconds from a request's due time to its answer.

    Raises:
        RuntimeError: an answer was no success.
    """
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {CLIENT_CORE})
    try:
        found = asyncio.run(_ask(port, path, bodies, per_second, seconds))
    finally:
        os.sched_setaffinity(0, before)
    return {name: percentile(found, share) for name, share in _SHARES.items()}


_SHARES = {"p50_ms": 0.5, "p99_ms": 0.99, "p999_ms": 0.999}


async def _ask(
    port: int, path: str, bodies: Sequence[Body], per_second: int, seconds: int
) -> list[float]:
    requests = [_request(path, body) for body in bodies]
    begin = time.perf_counter() + 0.1
    due = [begin + number / per_second for number in range(per_second * seconds)]
    shares = [
        _one_connection(port, due[first::_CONNECTIONS], requests) for first in range(_CONNECTIONS)
    ]
    return [each for share in await asyncio.gather(*shares) for each in share]


async def _one_connection(port: int, due: Sequence[float], requests: list[bytes]) -> list[float]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    found = []
    for number, moment in enumerate(due):
        await asyncio.sleep(max(0.0, moment - time.perf_counter()))
        writer.write(requests[number % len(requests)])
        await _answer(reader)
        found.append(1000 * (time.perf_counter() - moment))
    writer.close()
    return found


async def _answer(reader: asyncio.StreamReader) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(head.decode(errors="replace"))
    length = next(
        int(line.partition(b":")[2])
        for line in head.lower().split(b"\r\n")
        if line.startswith(b"content-length:")
    )
    await reader.readexactly(length)


def _request(path: str, body: Body) -> bytes:
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: bench",
        "Content-Type: application/json",
        f"Content-Length: {len(body.data)}",
        *(f"{name}: {text}" for name, text in body.headers.items()),
    ]
    return "\r\n".join((*lines, "", "")).encode() + body.data
