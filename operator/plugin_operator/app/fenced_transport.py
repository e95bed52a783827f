"""The plugins' way to the API server: closed once this process does not lead any more.

Owns the look at the fence before each write, and before each attempt of it, since one may wait for long: for a
connection, for new credentials, as long as ``Retry-After`` says. Reads pass, and so do the operator's own writes
(Lease, Events), which go over the link itself. What was handed to the network before the end of leadership may still
arrive after it: the time between renew deadline and lease duration is for that, and a write with a
``resourceVersion`` is refused by the server.
"""

from contextlib import AbstractAsyncContextManager

from plugin_operator.client import ByteStream, Query, Response
from plugin_operator.client.http.send_guard import guarding
from plugin_operator.client.http.transport import Transport
from plugin_operator.fence import Fence


class FencedTransport:
    """A ``Transport`` that sends no write past the fence."""

    def __init__(self, transport: Transport, fence: Fence) -> None:
        self._transport = transport
        self._fence = fence

    async def request(
        self,
        method: str,
        path: str,
        *,
        query: Query = (),
        body: bytes | None = None,
        content_type: str = "application/json",
        accept: str = "application/json",
        timeout_seconds: float = 30.0,
    ) -> Response:
        """Send one request; see ``Transport.request``.

        Raises:
            LeadershipLost: it is a write, and this process does not lead any more.
        """
        if method != "GET":
            await self._fence.passage()  # before anything is spent on it; admission looks again when it is sent
        call = self._transport.request(
            method,
            path,
            query=query,
            body=body,
            content_type=content_type,
            accept=accept,
            timeout_seconds=timeout_seconds,
        )
        if method == "GET":
            return await call
        with guarding(self._fence.check):
            return await call

    def stream(
        self, path: str, *, query: Query = (), accept: str = "application/json", timeout_seconds: float
    ) -> AbstractAsyncContextManager[ByteStream]:
        """Open a stream; see ``Transport.stream``."""
        return self._transport.stream(path, query=query, accept=accept, timeout_seconds=timeout_seconds)
