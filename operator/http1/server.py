"""``HttpServer``: makes the protocol of each connection, and ends them all."""

import asyncio

from http1.connection import Connection, Handle
from http1.limits import Limits


class HttpServer:
    """Factory of protocols, for ``loop.create_server``.

    Args:
        handle: answers requests.
        limits: limits of each connection.
    """

    def __init__(self, handle: Handle, limits: Limits | None = None) -> None:
        self._handle = handle
        self._limits = limits or Limits()
        self._connections: set[Connection] = set()

    def __call__(self) -> Connection:
        """Return the protocol of one connection."""
        return Connection(self._handle, self._limits, self._connections)

    async def shutdown(self, patience_seconds: float) -> None:
        """Close the connections: those that answer with a known length may do so within ``patience_seconds``.

        Idle ones and streams are closed at once. A cancellation closes all.
        """
        try:
            for each in list(self._connections):
                each.finish()
            answering = [each.task for each in self._connections if each.task is not None]
            if answering:
                await asyncio.wait(answering, timeout=patience_seconds)
        finally:
            for each in list(self._connections):
                each.abort()
