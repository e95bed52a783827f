"""``Connection``: the protocol of one connection, which answers its requests one after the other."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import TypeAlias, cast

from multidict import CIMultiDict

from http1.dates import date
from http1.limits import Limits
from http1.receiver import Receiver
from http1.request import Request
from http1.response import Response, Stream, has_body, head_of
from http1.streaming import ConnectionStream

Answer: TypeAlias = Response | Stream
Handle: TypeAlias = Callable[[Request], Awaitable[Answer]]
"""Answers a request. It is cancelled when the client disconnects; a ConnectionError of it cuts the connection."""

_JOINED_BYTES = 2**16

_log = logging.getLogger(__name__)


class Connection(asyncio.Protocol):
    """One connection.

    Args:
        handle: answers requests.
        limits: what the client may cost.
        connections: it is in there while it is open.

    Attributes:
        task: answers the requests; None before the connection is made.
        transport: the transport, None if the connection has ended.
    """

    def __init__(self, handle: Handle, limits: Limits, connections: "set[Connection]") -> None:
        self._loop = asyncio.get_running_loop()
        self._handle = handle
        self._limits = limits
        self._connections = connections
        self.task: asyncio.Task[None] | None = None
        self.transport: asyncio.Transport | None = None
        self._receiver = Receiver(self, limits)
        self._current: Request | None = None
        self._stream: ConnectionStream | None = None
        self._news: asyncio.Future[None] | None = None
        self._drain: asyncio.Future[None] | None = None
        self._is_paused = False
        self._idle_since = self._loop.time()
        self._timer: asyncio.TimerHandle | None = None

    # What the event loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to answer."""
        self.transport = cast("asyncio.Transport", transport)
        self._connections.add(self)
        self.task = self._loop.create_task(self._serve())
        self._timer = self._loop.call_later(self._limits.keepalive_seconds, self._close_if_idle)

    def data_received(self, data: bytes) -> None:
        """Take received bytes."""
        self._receiver.feed(data)
        self._wake()
        self._regulate()

    def connection_lost(self, exc: Exception | None) -> None:
        """Cancel what answers."""
        del exc
        self.transport = None
        self._connections.discard(self)
        if self._timer is not None:
            self._timer.cancel()
        if self.task is not None:
            self.task.cancel()

    def pause_writing(self) -> None:
        """Let answers wait, because the client does not read."""
        self._drain = self._loop.create_future()

    def resume_writing(self) -> None:
        """Let answers continue."""
        drain, self._drain = self._drain, None
        if drain is not None and not drain.done():
            drain.set_result(None)

    # What requests and streams call.

    async def more(self) -> None:
        """Wait for the next piece of the body of the current request, or its end; see ``request.Exchange``."""
        request = self._current
        if request is not None and request.expects_continue:
            request.expects_continue = False
            self.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        if self._receiver.refused:
            raise ConnectionResetError("the body is not valid HTTP")
        self._regulate()
        await self._wait_for_news()

    async def begin(self, request: Request, status: int, headers: CIMultiDict[str]) -> Stream:
        """Send the head of a streamed response; see ``request.Exchange``."""
        is_chunked = not request.is_http_10
        if is_chunked:
            headers["Transfer-Encoding"] = "chunked"
        else:
            request.keeps_alive = False
        is_silent = request.method == "HEAD" or not has_body(status)
        stream = self._stream = ConnectionStream(self, is_chunked=is_chunked, is_silent=is_silent)
        request.keeps_alive = not self._is_last(request)
        self.send(head_of(status, headers, is_last=not request.keeps_alive, date=date()))
        await self.drained()
        return stream

    def send(self, *pieces: bytes) -> None:
        """Send pieces. Raise ConnectionError if the client is gone."""
        transport = self.transport
        if transport is None or transport.is_closing():
            raise ConnectionResetError("the client disconnected")
        if len(pieces) == 1:
            transport.write(pieces[0])
        else:
            transport.writelines(pieces)

    async def drained(self) -> None:
        """Wait while the client does not read."""
        if self._drain is not None:
            await self._drain

    # How it ends.

    def finish(self) -> None:
        """Close after the current answer; at once if there is none, or if it is a stream."""
        self._receiver.is_over = True
        self._receiver.waiting.clear()
        if self._current is None or self._stream is not None:
            self.abort()

    def abort(self) -> None:
        """Close at once."""
        if self.transport is not None:
            self.transport.abort()

    async def _serve(self) -> None:
        try:
            while (request := await self._next()) is not None:
                self._current = request
                is_last = await self._answer(request)
                self._current = self._stream = None
                self._idle_since = self._loop.time()
                if is_last:
                    await self._linger(request)
                    break
            else:
                self._send_refusal()
        except (ConnectionError, TimeoutError):
            self.abort()  # the client is gone or stuck, or the handler wants the connection cut
        finally:
            if self.transport is not None:
                self.transport.close()

    async def _next(self) -> Request | None:
        receiver = self._receiver
        while not receiver.waiting:
            if receiver.is_over:
                return None
            await self._wait_for_news()
        request = receiver.waiting.popleft()
        self._regulate()
        return request

    async def _answer(self, request: Request) -> bool:
        """Answer a request, and return whether it is the last one of this connection."""
        if not request.is_http_10 and "Host" not in request.headers:
            answer: Answer = _plain(400, ": missing required Host header")
            request.keeps_alive = False
        else:
            try:
                answer = await self._handle(request)
            except ConnectionError:
                raise
            except Exception:  # noqa: BLE001 - every request is answered, and what failed is logged
                _log.exception("Request failed: method=%s path=%s", request.method, request.path)
                if self._stream is not None:
                    raise ConnectionResetError("the stream has failed") from None
                answer, request.keeps_alive = _plain(500), False
        is_last = self._is_last(request)
        if isinstance(answer, Response):
            self._send(request, answer, is_last=is_last)
        else:
            await answer.end()
        await self.drained()
        return is_last

    def _send(self, request: Request, answer: Response, *, is_last: bool) -> None:
        headers, body = answer.headers, answer.body
        if has_body(answer.status):
            headers["Content-Length"] = str(len(body))
        if request.is_http_10 and not is_last:
            headers["Connection"] = "keep-alive"
        head = head_of(answer.status, headers, is_last=is_last, date=date())
        if not body or request.method == "HEAD" or not has_body(answer.status):
            self.send(head)
        elif len(body) < _JOINED_BYTES:
            self.send(head + body)
        else:
            self.send(head, body)

    def _is_last(self, request: Request) -> bool:
        receiver = self._receiver
        is_over = receiver.is_over and not receiver.waiting and not receiver.refused
        return is_over or not request.keeps_alive or not request.is_complete

    async def _linger(self, request: Request) -> None:
        """Receive the rest of the body: a client that sends it would not see the answer otherwise."""
        request.drop()
        async with asyncio.timeout(self._limits.linger_seconds):
            while not request.is_complete and not self._receiver.refused:
                self._regulate()
                await self._wait_for_news()

    def _send_refusal(self) -> None:
        """Answer what could not be received, after what was asked before."""
        if self._receiver.refused:
            refusal = _plain(self._receiver.refused)
            self.send(head_of(refusal.status, refusal.headers, is_last=True, date=date()), refusal.body)

    async def _wait_for_news(self) -> None:
        news = self._news = self._loop.create_future()
        try:
            await news
        finally:
            self._news = None

    def _wake(self) -> None:
        if self._news is not None and not self._news.done():
            self._news.set_result(None)

    def _regulate(self) -> None:
        """Receive only as fast as requests are answered and bodies are read."""
        pauses = self._receiver.is_ahead
        transport = self.transport
        if pauses == self._is_paused or transport is None or transport.is_closing():
            return
        self._is_paused = pauses
        if pauses:
            transport.pause_reading()
        else:
            transport.resume_reading()

    def _close_if_idle(self) -> None:
        left = self._idle_since + self._limits.keepalive_seconds - self._loop.time()
        if self._current is None and not self._receiver.waiting and left <= 0:
            self.abort()
            return
        seconds = left if left > 0 else self._limits.keepalive_seconds
        self._timer = self._loop.call_later(seconds, self._close_if_idle)


def _plain(status: int, more: str = "") -> Response:
    body = f"{status} {HTTPStatus(status).phrase}{more}".encode()
    headers = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))]
    return Response(status, body, headers)
