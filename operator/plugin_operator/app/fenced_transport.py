"""The plugins' transport to the API server, which rejects writes after leadership ends.

Owns the check of the fence before each write and before each of its attempts. An attempt may wait for a
connection, new credentials or ``Retry-After``. Reads pass. The operator's own writes (Lease, Events) bypass it. Bytes
sent before leadership ended may arrive later. The time between renew deadline and lease duration covers that, and the
server rejects a write with an old ``resourceVersion``.
"""

from contextlib import AbstractAsyncContextManager

from plugin_operator.client import ApiRequest, ByteStream, Response
from plugin_operator.client.http.transport import Transport
from plugin_operator.fence import Fence


class FencedTransport:
    """A ``Transport`` that sends writes only while the fence is open."""

    def __init__(self, transport: Transport, fence: Fence) -> None:
        self._transport = transport
        self._fence = fence

    async def send(self, request: ApiRequest) -> Response:
        """Send a request; see ``Transport.send``.

        Raises:
            LeadershipLost: the request is a write, and this process is no longer the leader.
        """
        if request.is_write:
            await self._fence.passage()  # fail early; the send guard checks again right before sending
            request = request.guarded_by(self._fence.check)
        return await self._transport.send(request)

    def stream(self, request: ApiRequest) -> AbstractAsyncContextManager[ByteStream]:
        """Open a stream; see ``Transport.stream``."""
        return self._transport.stream(request)
