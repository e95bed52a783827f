"""Drives a headless Chromium over its DevTools protocol, for tests that look at pages.

Owns the process and one tab. The protocol: https://chromedevtools.github.io/devtools-protocol/.
"""

import asyncio
import itertools
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

DEADLINE_SECONDS = 60
#: Debian's name first; `CHROMIUM` names another program.
_PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
#: A machine without a network: Chromium itself asks no host for anything. Root has no sandbox to offer.
_FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--hide-scrollbars",
    "--remote-debugging-port=0",
)


def find_chromium() -> str | None:
    """Return the path of a Chromium, or None if there is none."""
    named = os.environ.get("CHROMIUM")
    return named or next((path for name in _PROGRAMS if (path := shutil.which(name))), None)


class Tab:
    """One tab. A page that throws an error in a script fails the next call."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self._session: str | None = None
        self.errors: list[str] = []

    async def attach(self) -> None:
        """Open the tab."""
        target = await self.call("Target.createTarget", url="about:blank")
        attached = await self.call("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        self._session = attached["sessionId"]
        await self.call("Page.enable")
        await self.call("Runtime.enable")

    async def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command and return its result."""
        number = next(self._numbers)
        message: dict[str, Any] = {"id": number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        await self._socket.send_json(message)
        return await self._next(lambda got: got.get("id") == number, method)

    async def _next(self, is_it: Any, what: str) -> dict[str, Any]:
        async with asyncio.timeout(DEADLINE_SECONDS):
            while True:
                got = await self._socket.receive_json()
                if got.get("method") == "Runtime.exceptionThrown":
                    self.errors.append(str(got["params"]["exceptionDetails"]))
                if is_it(got):
                    assert "error" not in got, f"{what}: {got['error']}"
                    result: dict[str, Any] = got.get("result") or {}
                    return result

    async def look(self, width: int, scheme: str = "light", height: int = 900) -> None:
        """Set the size of the window and the colour scheme of the system."""
        await self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 1000
        )
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        await self.call("Emulation.setEmulatedMedia", features=features)

    async def open(self, url: str) -> None:
        """Load a page and wait until all that it shows is there."""
        number = next(self._numbers)
        await self._socket.send_json(
            {"id": number, "method": "Page.navigate", "params": {"url": url}, "sessionId": self._session}
        )
        await self._next(lambda got: got.get("method") == "Page.loadEventFired", url)

    async def evaluate(self, expression: str) -> Any:
        """Return the value of an expression of JavaScript; a promise is awaited."""
        got = await self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in got, got["exceptionDetails"]
        return got["result"].get("value")


@asynccontextmanager
async def chromium(program: str, profile: Path) -> AsyncIterator[Tab]:
    """Run Chromium with an empty profile, yield a tab, and end the process."""
    process = await asyncio.create_subprocess_exec(
        program,
        *_FLAGS,
        f"--user-data-dir={profile}",
        stderr=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
    )
    assert process.stderr is not None
    try:
        address = ""
        async with asyncio.timeout(DEADLINE_SECONDS):
            while "DevTools listening on " not in address:
                line = await process.stderr.readline()
                assert line, f"{program} ended before it listened: {address}"
                address = line.decode(errors="replace").strip()
        drained = asyncio.create_task(process.stderr.read())
        url = address.partition("listening on ")[2]
        async with aiohttp.ClientSession() as session, session.ws_connect(url, max_msg_size=0) as socket:
            tab = Tab(socket)
            await tab.attach()
            yield tab
        process.terminate()
        await drained
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
