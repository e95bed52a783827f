"""``CallWire``: a connection that carries one call at a time.

Owns the life of one exchange: write, receive, deadline, cancellation. Leaves reuse to ``pool``.
"""

import asyncio

from plugin_operator.client.http.answer import Answer
from plugin_operator.client.http.direct import wire
from plugin_operator.client.http.direct.receiver import Receiver
from plugin_operator.client.http.receiving_budget import ReceivingBudget
from plugin_operator.errors import ApiConnectionError


class CallWire(wire.Wire):
    """A connection for calls, one after the other.

    Attributes:
        is_used: whether it has carried a request.
        idle_since: time of the loop at which it became idle.
    """

    def __init__(self, budget: ReceivingBudget) -> None:
        super().__init__()
        self._receiver = Receiver(budget)
        self._waiter: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self.is_used = False
        self.idle_since = 0.0

    @property
    def may_reuse(self) -> bool:
        """Whether it can carry another request after a complete response."""
        return self.is_open and self._receiver.may_reuse

    async def exchange(self, head: bytes, body: bytes | None, *, limit: int, until: float) -> Answer:
        """Send a request and return the response. Any failure closes the connection, and so does a cancellation.

        Args:
            head: request line and headers.
            body: the body, or None.
            limit: the most bytes of the body of the response.
            until: deadline in the time of the loop.

        Raises:
            TimeoutError: the response is not complete in time.
            ClosedByServerError: the server closed the connection.
            OSError: the connection broke.
            MalformedAnswerError, AnswerTooLargeError, ApiConnectionError: see ``Receiver``.
        """
        receiver = self._receiver
        receiver.begin(limit)
        self.is_used = True
        waiter = self._waiter = self._loop.create_future()
        timer = self._timer = self._loop.call_at(until, self._time_out)
        try:
            self.write(head, body)
            await waiter
            return receiver.answer()
        except BaseException:
            self.close()
            raise
        finally:
            self._waiter = None
            timer.cancel()
            if self._timer is not None:
                self._timer.cancel()
            receiver.discard()

    def data_received(self, data: bytes) -> None:
        """Take received bytes; those that were not asked for close the connection."""
        waiter, receiver = self._waiter, self._receiver
        if waiter is None or waiter.done():
            self.close()
            return
        had_status = receiver.status
        try:
            receiver.feed(data)
        except (ValueError, ApiConnectionError) as error:
            waiter.set_exception(error)
            return
        if receiver.is_complete:
            waiter.set_result(None)
        elif receiver.is_error and not had_status:
            self._timer = self._loop.call_later(wire.ERROR_SECONDS, self._cut)

    def connection_lost(self, exc: Exception | None) -> None:
        """End the exchange; without a length, the end of the connection completes the response."""
        waiter, receiver = self._waiter, self._receiver
        if waiter is None or waiter.done():
            return
        if exc is None and receiver.end():
            waiter.set_result(None)
        elif exc is None and receiver.is_error:
            self._cut()
        else:
            waiter.set_exception(wire.broken(exc, has_begun=receiver.has_begun))

    def _time_out(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(TimeoutError())

    def _cut(self) -> None:
        """End the body of an error, which is only read for its message."""
        if self._waiter is not None and not self._waiter.done():
            self._receiver.cut()
            self._waiter.set_result(None)
