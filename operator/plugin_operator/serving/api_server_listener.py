"""The limits of a ``Listener`` for a server that is not an ``HttpServer``: the embedded API server, run as a command.

Owns telling the table of connections which requests are being answered. Watches may last for ever, so an answer has no
deadline; a client that is being answered is the last to be dropped.
"""

import asyncio
import resource
import socket
import ssl
from collections.abc import Awaitable, Callable

from aiohttp import web

from plugin_operator.serving.connections import ConnectionLimits
from plugin_operator.serving.listener import Listener

_MOST_CONNECTIONS = 1024
_LEAST_CONNECTIONS = 64
_OTHER_FILES = 128
# A body begins to come with the head, in pieces of a quarter of a megabyte, before the request is known to be there.
_REQUEST_BYTES = 2**20
# The server itself refuses bodies of more than 3 MiB, in words; that refusal must be heard.
_BODY_BYTES = 2**23

Handle = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class LimitedFront:
    """Accepts connections for one server.

    Args:
        name: for logs.
        limits: what clients may take; by default as many connections as the process may open files, and a kubelet's
            patience with those that send nothing.
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
        """Return ``handle`` with the table of connections told when a request has come and when it is answered."""

        async def noted(request: web.BaseRequest) -> web.StreamResponse:
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
        """Accept from ``sock`` from now on."""
        self._listener = Listener(self._name, sock, self._limits, make_protocol, tls)
        self._listener.start()

    def close(self) -> None:
        """Accept no more; what is open stays."""
        if self._listener is not None:
            self._listener.close()

    async def stop(self) -> None:
        """Cut what is open."""
        if self._listener is not None:
            await self._listener.stop()


def _affordable() -> int:
    """Return how many connections the process can hold and still open its own files."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return _MOST_CONNECTIONS
    return max(_LEAST_CONNECTIONS, min(_MOST_CONNECTIONS, soft - _OTHER_FILES))
