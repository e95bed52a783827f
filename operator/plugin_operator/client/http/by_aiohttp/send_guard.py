"""The last check before a request is sent.

Owns the time of that check. It runs after the wait for a free connection, the name lookup, the connect and the TLS
handshake, any of which may take seconds, and before the first byte. It runs again at each attempt, also when aiohttp
sends a request again because the server had closed the connection.
"""

from collections.abc import Callable

import aiohttp
from aiohttp.connector import Connection as Socket


class GuardedRequest(aiohttp.ClientRequest):
    """The request class of a session whose requests may have a guard."""

    guard: Callable[[], None] | None = None

    async def send(self, conn: Socket) -> aiohttp.ClientResponse:
        """Send the request unless the guard raises; then aiohttp closes the unused connection."""
        if self.guard is not None:
            self.guard()
        return await super().send(conn)


def middlewares_for(guard: Callable[[], None] | None) -> tuple[aiohttp.ClientMiddlewareType, ...] | None:
    """Return middlewares that set the guard on each attempt of a request; None without a guard.

    A session cannot pass attributes to its requests, but it calls the middlewares once per attempt.
    """
    if guard is None:
        return None

    async def give_guard(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
        if not isinstance(request, GuardedRequest):
            raise TypeError("the session sends requests without a guard: make it with request_class=GuardedRequest")
        request.guard = guard
        return await handler(request)

    return (give_guard,)
