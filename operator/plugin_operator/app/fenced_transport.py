"""The plugins' transport to the API server: closed once this process does not lead any more.

Owns the check of the fence before each write, and before each attempt of it: an attempt may wait long for a connection,
new credentials or ``Retry-After``. Reads pass, and so do the operator's own writes (Lease, Events), which use the
connection itself. Bytes that were handed to the network before leadership ended may still arrive after it. The time
between renew deadline and lease duration covers that, and the server refuses a write with an old ``resourceVersion``.
"""

from contextlib import AbstractAsyncContextManager
from dataclasses import replace

from plugin_operator.client import ApiRequest, ByteStream, Response
from plugin_operator.client.http.transport import Transport
from plugin_operator.fence import Fence


class FencedTransport:
    """A ``Transport`` that sends no write past the fence."""

    def __init__(self, transport: Transport, fence: Fence) -> None:
        self._transport = transport
        self._fence = fence

    async def send(self, request: ApiRequest) -> Response:
        """Send a request; see ``Transport.send``.

        Raises:
            LeadershipLost: it is a write, and this process does not lead any more.
        """
        if request.is_write:
            await self._fence.passage()  # before anything is spent on it; the guard checks again when it is sent
            request = replace(request, send_guard=self._fence.check)
        return await self._transport.send(request)

    def stream(self, request: ApiRequest) -> AbstractAsyncContextManager[ByteStream]:
        """Open a stream; see ``Transport.stream``."""
        return self._transport.stream(request)
