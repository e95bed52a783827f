"""The life of one embedded API server."""

import asyncio
from typing import Any

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter

from plugin_operator.apiserver.bootstrap import bootstrap
from plugin_operator.apiserver.cluster import Cluster
from plugin_operator.apiserver.config import ApiServerConfig, Endpoint
from plugin_operator.apiserver.handler import Handler
from plugin_operator.apiserver.registry import Registry
from plugin_operator.apiserver.registry.builtin import builtin_resources
from plugin_operator.apiserver.security.authentication import Authenticator
from plugin_operator.apiserver.storage import Store
from plugin_operator.apiserver.wire.body import LIMIT_BYTES
from plugin_operator.clock import Clock, SystemClock

_SHUTDOWN_SECONDS = 0.5


class ApiServer:
    """A Kubernetes API server on the running event loop.

    Attributes:
        cluster: its state, for tests that look behind the wire.
    """

    def __init__(self, config: ApiServerConfig | None = None, *, clock: Clock | None = None) -> None:
        self.config = config or ApiServerConfig()
        self.cluster = Cluster(
            store=Store(self.config.history_size),
            registry=Registry(builtin_resources()),
            clock=clock or SystemClock(),
            bookmark_seconds=self.config.bookmark_seconds,
            stuck_seconds=self.config.stuck_seconds,
        )
        self._runner: web.ServerRunner | None = None
        self._endpoint: Endpoint | None = None

    @property
    def endpoint(self) -> Endpoint:
        """Where the server listens.

        Raises:
            RuntimeError: it was never started.
        """
        if self._endpoint is None:
            raise RuntimeError("the API server has not been started")
        return self._endpoint

    async def start(self) -> Endpoint:
        """Listen, and return where.

        Raises:
            OSError: the address cannot be listened on.
        """
        bootstrap(self.cluster)
        handler = Handler(self.cluster, Authenticator(self.config.token))
        server = web.Server(
            handler, request_factory=_request, handler_cancellation=True, access_log=None, keepalive_timeout=300.0
        )
        self._runner = web.ServerRunner(server, shutdown_timeout=_SHUTDOWN_SECONDS)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self.config.host, self.config.port, backlog=1024)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self._endpoint = Endpoint(f"http://{host}:{port}", token=self.config.token or "")
        return self._endpoint

    async def stop(self) -> None:
        """Close every connection and stop listening; harmless if never started."""
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()


def _request(
    message: Any,
    payload: Any,
    protocol: Any,
    writer: AbstractStreamWriter,
    task: "asyncio.Task[None]",
) -> web.BaseRequest:
    loop = asyncio.get_running_loop()
    return web.BaseRequest(message, payload, protocol, writer, task, loop, client_max_size=LIMIT_BYTES)
