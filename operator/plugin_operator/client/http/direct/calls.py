"""``UnaryCalls``: send a request on a connection of the pool, and again where that is safe."""

import json

from plugin_operator.client.credentials.access import Access
from plugin_operator.client.http.answer import Answer
from plugin_operator.client.http.api_request import ApiRequest
from plugin_operator.client.http.direct.destination import Destination, Destinations
from plugin_operator.client.http.direct.dialer import Dialer
from plugin_operator.client.http.direct.failures import OUTCOME_UNKNOWN, ClosedByServerError
from plugin_operator.client.http.direct.pool import Pool
from plugin_operator.client.http.receiving_budget import ReceivingBudget


class UnaryCalls:
    """The calls of one connection to an API server.

    Args:
        destinations: where requests go.
        dialer: makes connections.
        budget: bytes being received, shared with other responses.
    """

    def __init__(self, destinations: Destinations, dialer: Dialer, budget: ReceivingBudget) -> None:
        self._destinations = destinations
        self.pool = Pool(dialer, budget)

    async def call(self, request: ApiRequest, target: str, access: Access, *, limit: int, until: float) -> Answer:
        """Send a request and return the response.

        A connection that was idle may have been closed by the server while the request was written. Then the request is
        sent again on a new connection, if that cannot carry it out twice, see ``is_repeatable``.

        Args:
            request: the request; its guard is called before the first byte of each attempt.
            target: its quoted path and query.
            access: address and credentials, without a proxy.
            limit: the most bytes of the body of the response.
            until: deadline in the time of the loop.

        Raises:
            TimeoutError, OSError, MalformedAnswerError, AnswerTooLargeError, ApiConnectionError, ConfigError: see
                ``Pool.take`` and ``CallWire.exchange``.
        """
        destination = self._destinations.of(access)
        content_type = None if request.body is None else request.content_type
        length = 0 if request.body is None else len(request.body)
        head = destination.head(request.method, target, request.accept, content_type, length)
        try:
            return await self._attempt(destination, request, head, limit, until, fresh=False)
        except _IdleConnectionClosed as error:
            if not is_repeatable(request):
                raise error.reason from error.reason.__cause__
        return await self._attempt(destination, request, head, limit, until, fresh=True)

    def close(self) -> None:
        """Close every connection; calls under way fail."""
        self.pool.close()

    async def _attempt(
        self, destination: Destination, request: ApiRequest, head: bytes, limit: int, until: float, *, fresh: bool
    ) -> Answer:
        server = destination.server
        wire = await self.pool.take(server, until, fresh=fresh)
        was_used, may_reuse = wire.is_used, True
        try:
            if request.send_guard is not None:
                request.send_guard()
            may_reuse = False
            answer = await wire.exchange(head, request.body, limit=limit, until=until)
        except (OSError, ValueError) as error:
            if request.is_write and not may_reuse:
                error.add_note(OUTCOME_UNKNOWN)
            if was_used and isinstance(error, ClosedByServerError) and not error.has_begun:
                raise _IdleConnectionClosed(error) from error
            raise
        else:
            may_reuse = wire.may_reuse
            return answer
        finally:
            self.pool.give(server, wire, may_reuse=may_reuse)


class _IdleConnectionClosed(Exception):
    def __init__(self, reason: ClosedByServerError) -> None:
        super().__init__(str(reason))
        self.reason = reason


def is_repeatable(request: ApiRequest) -> bool:
    """Report whether a request may be sent again although the server may have carried it out.

    So is a read, and a write with a precondition that the first one has made false: the ``resourceVersion`` of the
    object, or the ``uid`` or ``resourceVersion`` of ``DeleteOptions``.
    """
    if not request.is_write:
        return True
    try:
        document = json.loads(request.body or b"null")
    except (ValueError, RecursionError):
        return False
    if not isinstance(document, dict):
        return False
    stated = document.get("preconditions" if request.method == "DELETE" else "metadata")
    if not isinstance(stated, dict) or request.method == "POST":
        return False
    return any(stated.get(each) for each in ("resourceVersion", "uid")[: 2 if request.method == "DELETE" else 1])
