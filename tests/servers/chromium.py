"""Debian's Chromium without a window: opens one file, tells what is on the page, and draws it."""

import asyncio
import base64
import json
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from tidewheel_dev import packages, wait

__all__ = ["Chromium", "Look", "running"]

_PACKAGES = {"chromium": Path("/usr/bin/chromium"), "fonts-dejavu-core": Path("/usr/share/fonts")}
_FLAGS = (
    "--headless=new",
    # Root may not use the sandbox; the pages are ours.
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    # Whatever a page asks the network for finds nobody.
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--remote-debugging-port=0",
)
_ANSWER_SECONDS = 30
# Where the pictures of a page are; the squares that explain a colour are none.
_BOXES = """
[...document.querySelectorAll("svg[role=img]")].map((svg) => {
  const box = svg.getBoundingClientRect();
  return {x: box.x + scrollX, y: box.y + scrollY, width: box.width, height: box.height, scale: 1};
})
"""
_COUNT = """
(async () => {
  const image = new Image();
  image.src = %s;
  await image.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.width, image.height];
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  const data = context.getImageData(0, 0, canvas.width, canvas.height).data;
  return new Set(new Uint32Array(data.buffer)).size;
})()
"""


@dataclass(frozen=True, slots=True)
class Look:
    """A page as it was seen: what it asked for, its complaints, a script's answer, a PNG.

    `colours` has how many colours are in each of its pictures.
    """

    asked: list[str]
    complaints: list[str]
    answer: Any
    drawn: bytes
    colours: list[int]


@dataclass(frozen=True, slots=True)
class Chromium:
    """A running browser; each look has a page of its own."""

    port: int

    def look(self, file: Path, width: int, scheme: str, script: str) -> Look:
        """Open a file in a window so wide, in the `light` or `dark` scheme; ask it the script.

        Args:
            file: the page.
            width: of the window, in CSS pixels.
            scheme: what the reader prefers.
            script: an expression of JavaScript.
        """
        return asyncio.run(self._look(file, width, scheme, script))

    async def _look(self, file: Path, width: int, scheme: str, script: str) -> Look:
        async with self._page() as page, self._page() as other:
            size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
            await page.call("Emulation.setDeviceMetricsOverride", **size)
            feature = {"name": "prefers-color-scheme", "value": scheme}
            await page.call("Emulation.setEmulatedMedia", features=[feature])
            await page.call("Page.navigate", url=file.as_uri())
            await page.until("Page.loadEventFired")
            answer = await page.evaluate(script)
            boxes = await page.evaluate(_BOXES)
            colours = [await _colours(other, await page.drawn(clip=box)) for box in boxes]
            return Look(page.asked, page.complaints, answer, await page.drawn(), colours)

    @asynccontextmanager
    async def _page(self) -> AsyncIterator["_Page"]:
        origin = f"http://127.0.0.1:{self.port}"
        async with aiohttp.ClientSession() as session:
            async with session.put(f"{origin}/json/new?about:blank") as answer:
                address = (await answer.json())["webSocketDebuggerUrl"]
            async with session.ws_connect(address, max_msg_size=0) as socket:
                page = _Page(socket)
                for domain in ("Page", "Network", "Runtime", "Log"):
                    await page.call(f"{domain}.enable")
                yield page


@dataclass
class _Page:
    """One page by its debugging socket (Chrome DevTools Protocol)."""

    socket: aiohttp.ClientWebSocketResponse
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    events: set[str] = field(default_factory=set)
    calls: int = 0

    async def call(self, method: str, **parameters: Any) -> Any:
        """Return what the browser answers."""
        self.calls += 1
        await self.socket.send_json({"id": self.calls, "method": method, "params": parameters})
        while (message := await self._next()).get("id") != self.calls:
            continue
        assert "error" not in message, message
        return message["result"]

    async def evaluate(self, script: str) -> Any:
        """Return the value of an expression, awaited when it is a promise."""
        found = await self.call(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in found, found
        return found["result"]["value"]

    async def drawn(self, **clip: Any) -> bytes:
        """Return the page, or a part of it, as a PNG."""
        found = await self.call("Page.captureScreenshot", captureBeyondViewport=True, **clip)
        return base64.b64decode(found["data"])

    async def until(self, event: str) -> None:
        """Wait for an event, unless it has been."""
        while event not in self.events:
            await self._next()

    async def _next(self) -> dict[str, Any]:
        message: dict[str, Any] = await self.socket.receive_json(timeout=_ANSWER_SECONDS)
        method, parameters = message.get("method", ""), message.get("params", {})
        self.events.add(method)
        if method == "Network.requestWillBeSent":
            self.asked.append(parameters["request"]["url"])
        elif method == "Log.entryAdded":
            self.complaints.append(parameters["entry"]["text"])
        elif method in ("Runtime.exceptionThrown", "Runtime.consoleAPICalled"):
            self.complaints.append(str(parameters))
        return message


async def _colours(page: _Page, png: bytes) -> int:
    """Return how many colours a picture has; a blank page counts, for it forbids nothing."""
    url = f"data:image/png;base64,{base64.b64encode(png).decode()}"
    found: int = await page.evaluate(_COUNT % json.dumps(url))
    return found


@contextmanager
def running() -> Iterator[Chromium]:
    """Run the browser, installed first where it is missing."""
    packages.ensure(_PACKAGES)
    with tempfile.TemporaryDirectory(prefix="tidewheel-chromium-") as name:
        port_file = Path(name) / "DevToolsActivePort"
        process = subprocess.Popen(
            ["chromium", *_FLAGS, f"--user-data-dir={name}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            wait.until(
                "Chromium to listen",
                lambda: None if port_file.exists() and port_file.read_text() else "no port yet",
                timeout_seconds=60,
            )
            yield Chromium(int(port_file.read_text().split()[0]))
        finally:
            process.terminate()
            process.wait()
