"""``HttpProtocol``: one connection of a server.

Owns the order of requests and responses, backpressure, and the end of the connection. A request is parsed once the
response to the one before it was sent. Deadlines and the choice of a connection to drop are in the connection table.
"""

import asyncio
from typing import cast

from plugin_operator.serving.connections import peer_of
from plugin_operator.serving.http.request import Request
from plugin_operator.serving.http.request_parser import RefusedError, RequestParser
from plugin_operator.serving.http.response import Response, error_response, head_of
from plugin_operator.serving.http.service import HttpService
from plugin_operator.tasks import AnyTask

# Responses share one body: only a piece of it is copied for each client that reads slowly.
_PIECE_BYTES = 64 * 1024
_MAX_WAITING_BYTES = 128 * 1024
# A socket closed before its bytes were read is reset, and the client may lose the response that says why.
_LINGER_SECONDS = 1.0


class HttpProtocol(asyncio.Protocol):
    """Reads requests and sends responses, one at a time.

    Args:
        service: returns the responses; shared by all connections.
    """

    def __init__(self, service: HttpService) -> None:
        self._service = service
        self._received = bytearray()
        self._unsent = memoryview(b"")
        self._task: AnyTask | None = None
        self._linger: asyncio.TimerHandle | None = None
        self._is_paused = self._closes = self._is_ending = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to serve the client."""
        self._transport = cast("asyncio.Transport", transport)
        self._parser = RequestParser(peer_of(transport.get_extra_info("peername")))
        self._service.opened(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Cancel the handler in progress: no client waits for its response."""
        del exc
        self._is_ending = True
        self._received.clear()
        self._unsent = memoryview(b"")
        if self._linger is not None:
            self._linger.cancel()
        if self._task is not None:
            self._task.cancel()
        self._parser.close()
        self._service.closed(self)

    def data_received(self, data: bytes) -> None:
        """Take bytes of requests; those of requests that wait for their turn are limited too."""
        if self._is_ending:
            return
        self._received += data
        if len(self._received) > _MAX_WAITING_BYTES:
            self._end()
            self._transport.abort()
            return
        self._proceed()

    def eof_received(self) -> None:
        """Send what is left of a response before the transport closes; a client that waits for one has gone."""
        if self._unsent:
            self._transport.write(self._unsent)
            self._unsent = memoryview(b"")

    def pause_writing(self) -> None:
        """Stop sending: the client reads slower."""
        self._is_paused = True

    def resume_writing(self) -> None:
        """Continue to send, then with the next request."""
        self._is_paused = False
        if self._unsent:
            self._send_pieces()
        else:
            self._proceed()

    def finish(self) -> None:
        """Close after the response in progress; at once if there is none."""
        self._closes = True
        if self._task is None and not self._unsent:
            self._end()
            self._transport.close()

    def _proceed(self) -> None:
        while self._received and not (self._is_ending or self._is_paused or self._unsent or self._task is not None):
            try:
                request = self._parser.take(self._received)
            except RefusedError as refused:
                self._refuse(refused.status)
                return
            if request is not None:
                self._service.table.answering(self._transport)
                self._task = self._service.spawn(self._answer(request))

    async def _answer(self, request: Request) -> None:
        try:
            response = await self._service.respond(request)
        finally:
            self._task = None
            self._service.table.answered(self._transport)
        if not self._is_ending:
            self._closes = self._closes or self._service.is_stopping or not request.keep_alive
            head = head_of(response, request, closes=self._closes)
            self._send(head, b"" if request.method == "HEAD" else response.body)

    def _refuse(self, status: int) -> None:
        response: Response = error_response(status)
        self._closes = True
        self._transport.write(head_of(response, None, closes=True) + response.body)
        self._close()

    def _send(self, head: bytes, body: bytes) -> None:
        self._unsent = memoryview(body)[_PIECE_BYTES:]
        self._transport.write(head + body[:_PIECE_BYTES])
        self._send_pieces()

    def _send_pieces(self) -> None:
        while self._unsent and not self._is_paused and not self._transport.is_closing():
            piece, self._unsent = self._unsent[:_PIECE_BYTES], self._unsent[_PIECE_BYTES:]
            self._transport.write(piece)
        if self._unsent:
            return
        if self._closes:
            self._close()
        else:
            self._proceed()

    def _close(self) -> None:
        """Send no more, and drop what still comes until the client closes, for a moment."""
        self._end()
        can_half_close = self._transport.can_write_eof()
        if self._service.is_stopping or not (can_half_close or self._parser.is_cut):
            self._transport.close()  # the shutdown of TLS waits for the client itself
            return
        if can_half_close:
            self._transport.write_eof()
        self._linger = asyncio.get_running_loop().call_later(_LINGER_SECONDS, self._transport.close)

    def _end(self) -> None:
        self._is_ending = True
        self._received.clear()
