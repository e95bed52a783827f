"""``Listener`` for a server that is not an ``HttpServer``: the embedded API server as a command.

Owns reporting requests in progress to the connection table. A watch has no end, so responses have no deadline; clients
with a request in progress are dropped last.
"""

import asyncio
import resource
import socket
import ssl
from collections.abc import Callable

from http1 import Answer, Handle, Request
from plugin_operator.serving.connections import ConnectionLimits
from plugin_operator.serving.listener import Listener

_MOST_CONNECTIONS = 1024
_LEAST_CONNECTIONS = 64
_OTHER_FILES = 128
# The body starts to arrive with the headers, in chunks of 256 KiB, before the request is reported.
_REQUEST_BYTES = 2**20
# The server rejects bodies above 3 MiB with a Status, which the client must be able to receive.
_BODY_BYTES = 2**23


class LimitedFront:
    """Accepts connections for one server.

    Args:
        name: name in logs.
        limits: limits of the connections; by default as many connections as the file descriptor limit allows, and no
            deadline for responses.
    """

    def __init__(self, name: str, limits: ConnectionLimits | None = None) -> None:
        self._name = name
        self._limits = limits or ConnectionLimits(
            connections=_affordable(),
            answer_seconds=None,
            keepalive_seconds=300.0,
            request_bytes=_REQUEST_BYTES,
            body_bytes=_BODY_BYTES,
            accepts_per_turn=64,
        )
        self._listener: Listener | None = None

    def __len__(self) -> int:
        return 0 if self._listener is None else len(self._listener.table)

    def around(self, handle: Handle) -> Handle:
        """Return ``handle`` wrapped to report start and end of each request to the connection table."""

        async def noted(request: Request) -> Answer:
            listener, transport = self._listener, request.transport
            if listener is None:
                return await handle(request)
            listener.table.answering(transport)
            try:
                return await handle(request)
            finally:
                listener.table.answered(transport)

        return noted

    def start(
        self, sock: socket.socket, make_protocol: Callable[[], asyncio.Protocol], tls: ssl.SSLContext | None
    ) -> None:
        """Start to accept connections from ``sock``."""
        self._listener = Listener(self._name, sock, self._limits, make_protocol, tls)
        self._listener.start()

    def close(self) -> None:
        """Stop accepting; open connections stay."""
        if self._listener is not None:
            self._listener.close()

    async def stop(self) -> None:
        """Abort open connections."""
        if self._listener is not None:
            await self._listener.stop()


def _affordable() -> int:
    """Return the file descriptor limit less a reserve for the process's own files."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return _MOST_CONNECTIONS
    return max(_LEAST_CONNECTIONS, min(_MOST_CONNECTIONS, soft - _OTHER_FILES))
