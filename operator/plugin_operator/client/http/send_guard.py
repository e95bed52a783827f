"""The last word on whether a request may be sent.

Owns the place of that word: after the wait for a free connection, the name lookup, the connect and the TLS handshake,
any of which may take seconds, and before the first byte. It is asked again at each attempt, also when aiohttp sends a
request anew over another connection because the server had closed the one it was sent on.

It travels in the context of the caller, past the layers between that have no say in it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import aiohttp
from aiohttp.connector import Connection as Socket

_ADMIT: ContextVar[Callable[[], None] | None] = ContextVar("admit", default=None)


@contextmanager
def guarding(admit: Callable[[], None]) -> Iterator[None]:
    """Have every request of this task call ``admit`` just before it is sent; what that raises ends the request."""
    token = _ADMIT.set(admit)
    try:
        yield
    finally:
        _ADMIT.reset(token)


class GuardedRequest(aiohttp.ClientRequest):
    """A request that asks before it is sent; to be given to a session as its ``request_class``."""

    async def send(self, conn: Socket) -> aiohttp.ClientResponse:
        """Send the request if it is admitted; if not, aiohttp closes the connection unused."""
        admit = _ADMIT.get()
        if admit is not None:
            admit()
        return await super().send(conn)
