"""The last check before a request is sent.

Owns the moment of that check. It runs after the wait for a free connection, the name lookup, the connect and the TLS
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
        """Send the request unless its guard raises; aiohttp then closes the connection unused."""
        if self.guard is not None:
            self.guard()
        return await super().send(conn)


def middlewares_for(guard: Callable[[], None] | None) -> tuple[aiohttp.ClientMiddlewareType, ...] | None:
    """Return the middlewares that give a guard to each attempt of one request; None for no guard.

    A session takes no attributes for its requests, and calls the middlewares of a request once for every attempt.
    """
    if guard is None:
        return None

    async def give_guard(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
        if not isinstance(request, GuardedRequest):
            raise TypeError("the session sends requests without a guard: make it with request_class=GuardedRequest")
        request.guard = guard
        return await handler(request)

    return (give_guard,)
