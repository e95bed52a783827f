"""``StreamWire``: a connection that carries one stream.

Owns the life of a stream: the deadline of its opening, the longest silence, and backpressure.
"""

import asyncio

from plugin_operator.client.http.answer import Answer
from plugin_operator.client.http.direct import wire
from plugin_operator.client.http.direct.failures import ClosedHereError
from plugin_operator.client.http.direct.stream_receiver import StreamReceiver
from plugin_operator.client.http.receiving_budget import ReceivingBudget
from plugin_operator.errors import ApiConnectionError

_MOST_BUFFERED_BYTES = 2**19  # above it, nothing is received until the reader has taken the buffer


class StreamWire(wire.Wire):
    """A connection for one stream, with one reader.

    Args:
        budget: bytes being received, shared with other responses.

    Attributes:
        answer: status and headers, and the body of an error; set by ``open``.
    """

    answer: Answer

    def __init__(self, budget: ReceivingBudget) -> None:
        super().__init__()
        self._receiver = StreamReceiver(budget)
        self._waiter: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._failure: Exception | None = None
        self._is_paused = False
        self._is_opened = False
        self._opening_until = self._silence = self._heard = 0.0

    async def open(self, head: bytes, body: bytes | None, *, until: float, silence_seconds: float) -> None:
        """Send the request and wait for the headers of the response, or for the whole body of an error.

        Args:
            head: request line and headers.
            body: the body, or None.
            until: deadline of the opening in the time of the loop.
            silence_seconds: the longest time without data after it.

        Raises:
            TimeoutError: the headers are not complete in time.
            OSError: the connection broke.
            MalformedAnswerError, ApiConnectionError: see ``Receiver``.
        """
        self._opening_until = until
        self._time_out_at(until)
        self.write(head, body)
        while not self._receiver.is_answered:
            await self._progress()
        self.answer = self._receiver.answer()
        self._receiver.discard()
        self._is_opened = True
        self._silence, self._heard = silence_seconds, self._loop.time()
        self._time_out_at(self._heard + silence_seconds)

    async def read(self) -> bytes:
        """Return the received bytes; ``b""`` after the proper end of the stream.

        Raises:
            TimeoutError: nothing was received for too long.
            OSError: the connection broke, or the stream is truncated.
            MalformedAnswerError: the bytes are no HTTP, or cannot be decompressed.
        """
        while not (data := self._receiver.take()):
            if self._receiver.is_complete:
                return b""
            await self._progress()
        if self._is_paused:
            self._resume()
        return data

    def close(self) -> None:
        """Close the connection at once; a reader gets an error."""
        self._fail(ClosedHereError())

    def data_received(self, data: bytes) -> None:
        """Take received bytes."""
        receiver = self._receiver
        had_status = receiver.status
        self._heard = self._loop.time()
        try:
            receiver.feed(data)
        except (ValueError, ApiConnectionError) as error:
            self._fail(error)
            return
        if receiver.is_answered:
            if receiver.buffered > _MOST_BUFFERED_BYTES and not self._is_paused:
                self._pause()
            self._wake()
        elif receiver.is_error and not had_status:
            self._time_out_at(min(self._opening_until, self._heard + wire.ERROR_SECONDS))

    def connection_lost(self, exc: Exception | None) -> None:
        """End the stream; without a length, the end of the connection is its proper end."""
        if exc is not None or not self._receiver.end():
            self._cut(wire.broken(exc, has_begun=self._receiver.has_begun))
        self._stop_timer()
        self._wake()

    async def _progress(self) -> None:
        """Wait until something was received or the connection has ended.

        Raises:
            Exception: the failure that has ended the stream.
        """
        if self._failure is not None:
            raise self._failure
        self._waiter = self._loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _fail(self, failure: Exception) -> None:
        """End the stream with an error, after what was received before; the first error counts."""
        self._failure = self._failure or failure
        super().close()
        self._stop_timer()
        self._wake()

    def _cut(self, failure: Exception) -> None:
        """End the stream; of an error, what was received is enough."""
        if self._receiver.is_error:
            self._receiver.cut()
            self._wake()
        else:
            self._fail(failure)

    def _pause(self) -> None:
        if self.is_open and self._transport is not None:
            self._transport.pause_reading()
            self._is_paused = True

    def _resume(self) -> None:
        self._is_paused = False
        self._heard = self._loop.time()  # until now the server could not be heard
        if self.is_open and self._transport is not None:
            self._transport.resume_reading()

    def _time_out_at(self, when: float) -> None:
        self._stop_timer()
        self._timer = self._loop.call_at(when, self._time_out)

    def _time_out(self) -> None:
        """End the opening, or a stream that was silent; a timer that each event restarts would cost more."""
        now = self._loop.time()
        heard = now if self._is_paused else self._heard
        if not self._is_opened:
            self._cut(TimeoutError())
        elif heard + self._silence > now:
            self._time_out_at(heard + self._silence)
        else:
            self._fail(TimeoutError(f"no data for {self._silence:g} s"))

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
