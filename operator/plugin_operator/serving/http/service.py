"""``HttpService``: what all connections of one server share.

Owns the way of a request through the middlewares to its handler, the response to a failure, and the end of all
connections. Leaves the deadlines of a request to the connection table.
"""

import asyncio
import contextlib
from collections.abc import Coroutine, Iterable, Sequence
from typing import Any, Protocol

from plugin_operator.clock import SystemClock
from plugin_operator.serving.connections import ConnectionTable
from plugin_operator.serving.http.failures import RequestFailures
from plugin_operator.serving.http.request import Request
from plugin_operator.serving.http.response import Response, error_response
from plugin_operator.serving.http.route import Handler, Middleware, Route
from plugin_operator.serving.http.router import Router
from plugin_operator.tasks import AnyTask, TaskOwner

_STOP_SECONDS = 1.0


class OpenConnection(Protocol):
    """A connection that the service can end."""

    def finish(self) -> None:
        """Close after the response in progress; at once if there is none."""


class HttpService:
    """Answers the requests of all connections.

    Args:
        name: name in task names.
        routes: the routes; all other paths are 404.
        middlewares: applied to every request that could be parsed, on any path; the first is outermost.
        table: notified when a request is complete and when its response is ready.

    Attributes:
        is_stopping: whether each response ends its connection.
    """

    def __init__(
        self, name: str, routes: Iterable[Route], middlewares: Sequence[Middleware], table: ConnectionTable
    ) -> None:
        self.table = table
        self.is_stopping = False
        self._router = Router(routes)
        self._handle: Handler = self._router.handle
        for middleware in reversed(middlewares):
            self._handle = _around(self._handle, middleware)
        self._failures = RequestFailures()
        self._tasks = TaskOwner(name, clock=SystemClock())
        self._open: set[OpenConnection] = set()
        self._all_closed = asyncio.Event()
        self._all_closed.set()

    def opened(self, connection: OpenConnection) -> None:
        """Take a new connection."""
        self._open.add(connection)
        self._all_closed.clear()
        if self.is_stopping:
            connection.finish()

    def closed(self, connection: OpenConnection) -> None:
        """Forget a connection."""
        self._open.discard(connection)
        if not self._open:
            self._all_closed.set()

    def spawn(self, work: Coroutine[Any, Any, None]) -> AnyTask:
        """Start the task that answers one request."""
        return self._tasks.spawn(work, name="request")

    async def respond(self, request: Request) -> Response:
        """Return the response to a request; a failure is logged, and the client does not learn its reason."""
        request = self._router.resolve(request)
        try:
            return await self._handle(request)
        except Exception as error:  # noqa: BLE001 - every failure is logged, at a limited rate
            self._failures.report(request.route, error)
            return error_response(500)

    async def stop(self, deadline_seconds: float) -> None:
        """Close connections without a request, and the others after their response, which the deadline may cut."""
        self.is_stopping = True
        for connection in list(self._open):
            connection.finish()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(deadline_seconds):
                await self._all_closed.wait()
        await self._tasks.stop(_STOP_SECONDS)


def _around(handler: Handler, middleware: Middleware) -> Handler:
    async def handle(request: Request) -> Response:
        return await middleware(request, handler)

    return handle
