"""One HTTP server of the process.

Owns its limits, start and stop, and the message if its port is in use. The caller passes in its routes.
"""

import asyncio
import errno
import socket
import ssl
from collections.abc import Callable, Iterable, Sequence

from aiohttp import web
from aiohttp.typedefs import Middleware

from plugin_operator import logs
from plugin_operator.errors import PluginOperatorError
from plugin_operator.serving.address import BindAddress
from plugin_operator.serving.connections import ConnectionLimits
from plugin_operator.serving.guard import QUIET_LOGGER, watched
from plugin_operator.serving.listener import Listener

_MAX_HEADER_BYTES = 8190
_MAX_BODY_BYTES = 1024
_SHUTDOWN_SECONDS = 1.0

_log = logs.get_logger(__name__)


class HttpServer:
    """Runnable that serves ``routes`` at ``address``.

    Args:
        name: name in logs and messages, for example "metrics server".
        address: bind address; an empty host means all interfaces, including IPv6.
        routes: the routes; all other paths are 404.
        way_out: end of the error message if the address is not available: how to choose another.
        tls: returns the TLS context, called once at start; None serves plain HTTP.
        middlewares: applied to every response, including 404.
        limits: limits of the connections.
    """

    def __init__(
        self,
        name: str,
        address: BindAddress,
        routes: Iterable[web.RouteDef],
        *,
        way_out: str = "",
        tls: Callable[[], ssl.SSLContext] | None = None,
        middlewares: Sequence[Middleware] = (),
        limits: ConnectionLimits | None = None,
    ) -> None:
        self.name = name
        self.address = address
        self._routes = tuple(routes)
        self._way_out = way_out
        self._tls = tls
        self._middlewares = middlewares
        self._limits = limits or ConnectionLimits()
        self._runner: web.AppRunner | None = None
        self._listener: Listener | None = None
        self._port = address.port

    @property
    def port(self) -> int:
        """The port on which the server listens; the actual one after start if port 0 was set."""
        return self._port

    async def start(self) -> None:
        """Bind the address and serve.

        Raises:
            PluginOperatorError: the address is not available; the message says why and what to do.
        """
        sock = self._listen()
        self._port = sock.getsockname()[1]
        tls = None if self._tls is None else self._tls()
        self._listener = Listener(self.name, sock, self._limits, self._protocol, tls)
        app = web.Application(
            client_max_size=_MAX_BODY_BYTES, middlewares=[watched(self._listener.table), *self._middlewares]
        )
        app.add_routes(self._routes)
        self._runner = web.AppRunner(
            app,
            access_log=None,
            keepalive_timeout=self._limits.keepalive_seconds,
            max_line_size=_MAX_HEADER_BYTES,
            max_field_size=_MAX_HEADER_BYTES,
            # No route reads a body, and a body that cannot be decompressed would log an error.
            auto_decompress=False,
            handle_signals=False,
            logger=QUIET_LOGGER,
            shutdown_timeout=_SHUTDOWN_SECONDS,
        )
        await self._runner.setup()
        self._listener.start()
        _log.debug("HTTP server listening", server=self.name, host=self.address.host, port=self._port)

    async def stop(self, deadline_seconds: float) -> None:
        """Close the listener and every connection."""
        listener, self._listener = self._listener, None
        runner, self._runner = self._runner, None
        if listener is None:
            return
        listener.close()
        try:
            if runner is not None:
                async with asyncio.timeout(max(deadline_seconds, 0.1)):
                    await runner.cleanup()
        finally:
            await listener.stop()

    def _listen(self) -> socket.socket:
        try:
            return self.address.listen()
        except (OSError, OverflowError) as error:
            reason = "the port is in use" if getattr(error, "errno", None) == errno.EADDRINUSE else str(error)
            raise PluginOperatorError(
                f"{self.name} cannot listen on {self.address}: {reason}{self._way_out}"
            ) from error

    def _protocol(self) -> asyncio.Protocol:
        if self._runner is None or self._runner.server is None:
            raise ConnectionAbortedError("the server is stopping")
        return self._runner.server()
