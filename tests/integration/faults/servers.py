"""The API servers that faults are planned in: the embedded one, and kube-apiserver behind a proxy of this process.

Both offer the same to a test: where they are, their faults, stopping and starting, and what becomes of their data.
"""

import asyncio
import contextlib
import os
import shutil
from pathlib import Path
from typing import Protocol

import aiohttp

from kube_apiserver import ApiServer, ApiServerConfig
from kube_apiserver.faults import FaultPlan
from tests import gotool
from tests.conformance.differential.targets import Target, running
from tests.soak.proxy import Proxy, listening

NAMESPACE = os.environ.get("TEST_NAMESPACE", "default")


class ServerUnderTest(Protocol):
    """An API server, whichever it is."""

    @property
    def faults(self) -> FaultPlan:
        """What is planned in it, until it is stopped."""

    @property
    def url(self) -> str:
        """Where the operator and the tests reach it."""

    async def start(self) -> None:
        """Serve, at the same address as before."""

    async def stop(self) -> None:
        """Serve no more, and cut every connection."""

    def lose_data(self) -> None:
        """Forget everything; while it is stopped."""

    def back_up(self) -> None:
        """Keep a copy of the data; while it is stopped."""

    def restore(self) -> None:
        """Go back to that copy; while it is stopped."""


class _Data:
    """The folder that a server keeps its objects in."""

    def __init__(self, folder: Path) -> None:
        self._data, self._backup = folder / "data", folder / "backup"

    def lose_data(self) -> None:
        """Remove it."""
        shutil.rmtree(self._data)

    def back_up(self) -> None:
        """Copy it."""
        shutil.copytree(self._data, self._backup)

    def restore(self) -> None:
        """Copy it back."""
        self.lose_data()
        shutil.copytree(self._backup, self._data)


class EmbeddedServerUnderTest(_Data):
    """The product's own server, in this process."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._port = 0
        self.server = self._made()

    @property
    def faults(self) -> FaultPlan:
        """Of the server as it is now."""
        return self.server.faults

    @property
    def url(self) -> str:
        """Where it listens."""
        return self.server.endpoint.url

    async def start(self) -> None:
        """Serve."""
        self.server = self._made()
        await self.server.start()
        self._port = int(self.url.rpartition(":")[2])

    async def stop(self) -> None:
        """End it."""
        await self.server.stop()

    def _made(self) -> ApiServer:
        return ApiServer(ApiServerConfig(tls=False, data_dir=self._data, bookmark_seconds=0.2, port=self._port))


class RealServerUnderTest(_Data):
    """kube-apiserver behind a proxy, which has its admin's token.

    Args:
        target: a server that others use too, whose connections can be cut but which is not to be ended; None for one of
            its own in ``folder``.
        folder: where the data of its own is.
    """

    def __init__(self, target: Target | None, folder: Path) -> None:
        super().__init__(folder)
        self._shared = target
        self._log = folder / "log"
        self._port = 0
        self._stack = contextlib.AsyncExitStack()
        self.faults = FaultPlan()

    @property
    def url(self) -> str:
        """Where the proxy listens."""
        return f"http://127.0.0.1:{self._port}"

    async def start(self) -> None:
        """Start the server, if it is its own, and the proxy."""
        target = self._shared if self._shared is not None else await asyncio.to_thread(self._start_own)
        session = aiohttp.ClientSession(
            target.url,
            connector=aiohttp.TCPConnector(ssl=target.context or True, limit=0),
            headers={"Authorization": f"Bearer {target.token}"},
            timeout=aiohttp.ClientTimeout(total=None),
            auto_decompress=False,
        )
        await self._stack.enter_async_context(session)
        proxy = Proxy(session)
        self.faults = proxy.plan
        self._port = await self._stack.enter_async_context(listening(proxy, self._port))

    async def stop(self) -> None:
        """End the proxy, and the server if it is its own."""
        await self._stack.aclose()

    def _start_own(self) -> Target:
        command = [gotool.needed("controlplane"), "--data-dir", str(self._data), "--stop-on-stdin-close"]
        running_server = running(command, self._data / "kubeconfig", self._log)
        target = running_server.__enter__()
        self._stack.callback(running_server.__exit__, None, None, None)
        return target
