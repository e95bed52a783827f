"""``Streams``: open streams, each on a connection of its own, so that they never starve calls."""

from asyncio import get_running_loop
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from plugin_operator.client.credentials.access import Access
from plugin_operator.client.http.api_request import ApiRequest
from plugin_operator.client.http.direct.destination import Destinations
from plugin_operator.client.http.direct.dialer import Dialer
from plugin_operator.client.http.direct.failures import ClosedHereError
from plugin_operator.client.http.direct.stream_wire import StreamWire
from plugin_operator.client.http.receiving_budget import ReceivingBudget


class Streams:
    """The streams of one connection to an API server.

    Args:
        destinations: where requests go.
        dialer: makes connections.
        budget: bytes being received, shared with other responses.
    """

    def __init__(self, destinations: Destinations, dialer: Dialer, budget: ReceivingBudget) -> None:
        self._destinations = destinations
        self._dialer = dialer
        self._make = partial(StreamWire, budget)
        self._open: set[StreamWire] = set()
        self._is_closed = False

    @asynccontextmanager
    async def open(self, request: ApiRequest, target: str, access: Access) -> AsyncIterator[StreamWire]:
        """Open a stream, also for the response of an error; leaving the context closes its TCP connection.

        Args:
            request: the request; its guard is called before the first byte.
            target: its quoted path and query.
            access: address and credentials, without a proxy.

        Raises:
            ClosedHereError: ``close`` was called.
            TimeoutError, OSError, MalformedAnswerError, ApiConnectionError, ConfigError: see ``Dialer.dial`` and
                ``StreamWire.open``.
        """
        self._check_open()
        destination = self._destinations.of(access)
        content_type = None if request.body is None else request.content_type
        head = destination.head(request.method, target, request.accept, content_type, len(request.body or b""))
        until = get_running_loop().time() + request.timeout_seconds
        wire = await self._dialer.dial(destination.server, until, self._make)
        self._open.add(wire)
        try:
            self._check_open()
            if request.send_guard is not None:
                request.send_guard()
            await wire.open(head, request.body, until=until, silence_seconds=request.timeout_seconds)
            yield wire
        finally:
            self._open.discard(wire)
            wire.close()

    def close(self) -> None:
        """Close every connection; the readers of streams get an error."""
        self._is_closed = True
        for wire in self._open:
            wire.close()

    def _check_open(self) -> None:
        if self._is_closed:
            raise ClosedHereError
