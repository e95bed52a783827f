"""Resolve host names on threads of the operator.

aiohttp resolves names on the default executor of the event loop (a pool of four threads in uvloop). A plugin that fills
that executor would cut the operator off from its API server.
"""

import asyncio
import socket
from typing import Any

import aiohttp
from aiohttp.abc import ResolveResult

from plugin_operator.threads import ThreadRunner


class _Names:
    """The two methods of an event loop that aiohttp's resolver uses, on separate threads."""

    def __init__(self) -> None:
        self._threads = ThreadRunner("resolve")

    async def getaddrinfo(self, host: str, port: int, *, family: int = 0, type: int = 0, flags: int = 0) -> Any:  # noqa: A002 - asyncio's own name
        return await self._threads.run_detached(socket.getaddrinfo, host, port, family, type, 0, flags)

    async def getnameinfo(self, address: Any, flags: int = 0) -> tuple[str, str]:
        return await self._threads.run_detached(socket.getnameinfo, address, flags)


class OwnThreadsResolver(aiohttp.ThreadedResolver):
    """aiohttp's resolver, on threads that no plugin can fill. A request abandons a lookup that hangs."""

    def __init__(self, loop: asyncio.AbstractEventLoop | None = None) -> None:
        super().__init__(loop)
        self._loop: Any = _Names()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the addresses of a host.

        Raises:
            OSError: the host has no address.
        """
        found = await super().resolve(host, port, family)
        if not found:
            raise OSError(f"{host} has no address of a kind that this machine can use")
        return found
