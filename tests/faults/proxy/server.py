"""The proxy itself: plain HTTP on one side, the API server on the other, faults in between."""

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import aiohttp
from aiohttp import web
from tests.faults.proxy.answers import status_body
from tests.faults.proxy.calls import Call, call_of
from tests.faults.proxy.faults import (
    Answer,
    EndStream,
    Fault,
    Hang,
    Kill,
    Reset,
    StaleList,
    Truncate,
)
from tests.faults.proxy.record import Record, Struck
from tests.faults.proxy.rules import Counts, Rule, decide
from tests.faults.proxy.stream import Ending, EventStream

__all__ = ["Proxy"]

# Headers of one connection, and what would make the server compress.
_NOT_FORWARDED = frozenset({"host", "connection", "accept-encoding", "content-length"})
_PASSED_BACK = ("Content-Type", "Retry-After", "Warning")


@dataclass(frozen=True, slots=True)
class _Answered:
    """An answer of the server, read to its end."""

    code: int
    headers: dict[str, str]
    body: bytes


@dataclass
class Proxy:
    """One proxy between one operator and one server."""

    session: aiohttp.ClientSession
    url: str
    kill: Callable[[], None]
    rules: Sequence[Rule] = ()
    counts: Counts = field(default_factory=dict)
    record: Record = field(default_factory=Record)

    def fault_of(self, call: Call) -> Fault | None:
        """Return what is to go wrong with a call, and count it."""
        fault, self.counts = decide(self.rules, self.counts, call)
        if fault is not None:
            self.record.struck.append(Struck(call, fault))
        return fault

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request of the operator."""
        body = await request.read()
        call = call_of(request.method, request.path, request.query, request.content_type)
        self.record.note_call(call)
        fault = self.fault_of(call)
        match fault:
            case Answer():
                return _refusal(fault)
            case Kill(is_forwarded=False):
                self.kill()
                return _broken(request)
            case Reset(is_forwarded=False):
                return _broken(request)
            case Hang(seconds):
                await asyncio.sleep(seconds)
                return _broken(request)
        try:
            if call.verb == "watch":
                return await self._watch(request, call, fault)
            # What has begun comes to its end on the server, whether the operator lives or not.
            forwarding = asyncio.ensure_future(self._forward(request, call, body, fault))
            answered = await asyncio.shield(forwarding)
        except aiohttp.ClientError:
            return _broken(request)
        match fault:
            case Kill() | Reset():
                return _broken(request)
            case Truncate():
                return await _half(request, answered)
        return web.Response(status=answered.code, headers=answered.headers, body=answered.body)

    async def _forward(
        self, request: web.Request, call: Call, body: bytes, fault: Fault | None
    ) -> _Answered:
        if call.is_write:
            answered = await self._send_write(request, call, body, fault)
        else:
            answered = await self._send(request, body, fault)
        if isinstance(fault, Kill):
            self.kill()
        return answered

    async def _send(self, request: web.Request, body: bytes, fault: Fault | None) -> _Answered:
        query = dict(request.query)
        if isinstance(fault, StaleList):
            query |= {"resourceVersion": str(fault.version), "resourceVersionMatch": "Exact"}
        async with self.session.request(
            request.method,
            self.url + request.path,
            params=query,
            headers=_headers(request),
            data=body or None,
        ) as response:
            return _Answered(response.status, _passed_back(response), await response.read())

    async def _send_write(
        self, request: web.Request, call: Call, body: bytes, fault: Fault | None
    ) -> _Answered:
        record = self.record
        with record.write_under_way():
            answered = await self._send(request, body, fault)
            metadata = json.loads(answered.body).get("metadata", {})
            version = metadata.get("resourceVersion") or "0"
            name = call.name or json.loads(body)["metadata"]["name"]
            record.note_write(call, name, answered.code, int(version))
        return answered

    async def _watch(
        self, request: web.Request, call: Call, fault: Fault | None
    ) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        if isinstance(fault, EndStream):
            await response.prepare(request)
            return response
        async with self.session.get(
            self.url + request.path, params=request.query, headers=_headers(request)
        ) as upstream:
            if upstream.status != 200:
                body = await upstream.read()
                return web.Response(
                    status=upstream.status, headers=_passed_back(upstream), body=body
                )
            await response.prepare(request)
            stream = EventStream(call, response.write, self.fault_of)
            try:
                async for line in upstream.content:
                    ending = await stream.pass_on(line)
                    if ending is Ending.BROKEN:
                        return _broken(request, is_flushed=True)
                    if ending is Ending.ORDERLY:
                        break
            finally:
                stream.close()
        return response


async def _half(request: web.Request, answered: _Answered) -> web.StreamResponse:
    """Promise the whole body, send half of it and break the connection."""
    response = web.StreamResponse(status=answered.code, headers=answered.headers)
    response.content_length = len(answered.body)
    await response.prepare(request)
    await response.write(answered.body[: len(answered.body) // 2])
    return _broken(request, is_flushed=True)


def _refusal(fault: Answer) -> web.Response:
    headers = (
        {} if fault.retry_after_seconds is None else {"Retry-After": str(fault.retry_after_seconds)}
    )
    return web.json_response(status_body(fault.code), status=fault.code, headers=headers)


def _broken(request: web.Request, *, is_flushed: bool = False) -> web.Response:
    """Break the connection; what is returned reaches nobody."""
    transport = request.transport
    if transport is not None and is_flushed:
        transport.close()
    elif transport is not None:
        transport.abort()
    return web.Response(status=502)


def _headers(request: web.Request) -> dict[str, str]:
    return {
        name: value for name, value in request.headers.items() if name.lower() not in _NOT_FORWARDED
    }


def _passed_back(response: aiohttp.ClientResponse) -> dict[str, str]:
    return {name: response.headers[name] for name in _PASSED_BACK if name in response.headers}
