"""Limits on who is connected: clients that say nothing, and too many of them.

aiohttp waits for ever for the first request of a connection and takes any number of connections; a scraper gone wild,
or somebody bad, must not keep the kubelet's probes from being answered. Sizes are limited by aiohttp itself.
"""

import asyncio
import logging

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Handler, Middleware

FIRST_REQUEST_SECONDS = 10.0
MAX_CONNECTIONS = 256
# Connections in the middle of a TLS handshake are not among the server's yet.
MAX_HANDSHAKES = 4 * MAX_CONNECTIONS


class ConnectionGuard:
    """Makes the protocol of each new connection.

    Args:
        first_request_seconds: a connection that has asked nothing by then is closed.
        max_connections: those beyond are closed at once.
        max_silent: so many that have asked nothing yet are waited for; None for any number.
    """

    def __init__(
        self,
        *,
        first_request_seconds: float = FIRST_REQUEST_SECONDS,
        max_connections: int = MAX_CONNECTIONS,
        max_silent: int | None = None,
    ) -> None:
        self._server: web.Server | None = None
        self._seconds = first_request_seconds
        self._max = max_connections
        self._max_silent = max_silent
        self._silent: dict[object, asyncio.TimerHandle] = {}

    def protect(self, server: web.Server | None) -> None:
        """Make connections of ``server`` from now on; before, everybody is refused."""
        self._server = server

    def connect(self) -> asyncio.BaseProtocol:
        """Return the protocol for a connection that is being accepted."""
        if self._server is None or len(self._server.connections) >= self._max or self._is_crowded():
            return _Refusal()
        protocol = self._server()
        self._silent[protocol] = asyncio.get_running_loop().call_later(self._seconds, self._drop, protocol)
        return protocol

    def middleware(self) -> Middleware:
        """Return what tells of each request, before anything else sees it: the answer may take its time."""

        @web.middleware
        async def heard(request: web.Request, handler: Handler) -> web.StreamResponse:
            timer = self._silent.pop(request.protocol, None)
            if timer is not None:
                timer.cancel()
            return await handler(request)

        return heard

    def _is_crowded(self) -> bool:
        return self._max_silent is not None and len(self._silent) >= self._max_silent

    def _drop(self, protocol: web.RequestHandler) -> None:
        del self._silent[protocol]
        if protocol.transport is not None:
            protocol.transport.abort()


class _Refusal(asyncio.Protocol):
    """Closes the connection as soon as there is one."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.close()


def _quiet_logger() -> logging.Logger:
    """Return a logger that tells what fails here, and not what clients do wrong: they would fill the log at will."""

    def is_ours(record: logging.LogRecord) -> bool:
        return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError))

    logger = logging.getLogger(__name__)
    logger.addFilter(is_ours)
    return logger


QUIET_LOGGER = _quiet_logger()
