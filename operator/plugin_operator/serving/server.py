"""One HTTP server of the process.

Owns its limits, start and stop, and the message if its port is in use. The caller passes in its routes.
"""

import asyncio
import errno
import socket
import ssl
from collections.abc import Callable, Iterable, Sequence

from plugin_operator import logs
from plugin_operator.errors import PluginOperatorError
from plugin_operator.serving.address import BindAddress
from plugin_operator.serving.connections import ConnectionLimits
from plugin_operator.serving.http.protocol import HttpProtocol
from plugin_operator.serving.http.route import Middleware, Route
from plugin_operator.serving.http.service import HttpService
from plugin_operator.serving.listener import Listener

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
        routes: Iterable[Route],
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
        self._service: HttpService | None = None
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
        self._service = HttpService(self.name, self._routes, self._middlewares, self._listener.table)
        self._listener.start()
        _log.debug("HTTP server listening", server=self.name, host=self.address.host, port=self._port)

    async def stop(self, deadline_seconds: float) -> None:
        """Close the listener and every connection."""
        listener, self._listener = self._listener, None
        service, self._service = self._service, None
        if listener is None or service is None:
            return
        listener.close()
        try:
            await service.stop(min(_SHUTDOWN_SECONDS, deadline_seconds))
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
        if self._service is None:
            raise ConnectionAbortedError("the server is stopping")
        return HttpProtocol(self._service)
