"""``Receiver``: makes requests of the bytes of one connection, within limits.

Owns every rule about what a client may send. ``httptools`` is the parser; it rejects bodies whose length is ambiguous,
and has no limits of its own.
"""

from collections import deque

import httptools

from http1.limits import Limits
from http1.request import Exchange, Request

_FRAME_BYTES = 8  # of a chunk of one byte, which is the smallest


class Receiver:
    """The requests of one connection.

    Args:
        exchange: the connection, for its requests.
        limits: what the client may send.

    Attributes:
        waiting: requests that have begun and are not answered yet, in their order.
        is_over: whether nothing more is received than the rest of the newest body.
        refused: status for what could not be received; 0 if all could.
    """

    def __init__(self, exchange: Exchange, limits: Limits) -> None:
        self.waiting: deque[Request] = deque()
        self.is_over = False
        self.refused = 0
        self._exchange = exchange
        self._limits = limits
        self._parser = httptools.HttpRequestParser(self)
        self._target = b""
        self._headers: list[tuple[str, str]] = []
        self._in_head = True
        self._raw_bytes = self._body_bytes = 0
        self._newest: Request | None = None  # whose body is received

    @property
    def is_ahead(self) -> bool:
        """Whether more has been received than is answered and read."""
        newest, limits = self._newest, self._limits
        if newest is not None and newest.is_unread and newest.received > limits.ahead_bytes:
            return True
        return len(self.waiting) > limits.pipelined

    def feed(self, data: bytes) -> None:
        """Take received bytes."""
        if self.is_over and (self._newest is None or self._newest.is_complete):
            return
        self._raw_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self.is_over = True  # the request is answered like any other, and what follows it is not HTTP
        except httptools.HttpParserError:
            self._refuse(400)
        if self._raw_bytes - self._body_bytes > self._limits.head_bytes + _FRAME_BYTES * self._body_bytes:
            self._refuse(431)

    def _refuse(self, status: int) -> None:
        self.is_over = True
        self.refused = self.refused or status

    # What follows is called by the parser.

    def on_url(self, piece: bytes) -> None:
        """Take a piece of the request target."""
        self._target += piece

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header; those of trailers are dropped."""
        if self._in_head:
            self._headers.append((name.decode("utf-8", "surrogateescape"), value.decode("utf-8", "surrogateescape")))

    def on_headers_complete(self) -> None:
        """Begin a request: most are complete with the bytes that are parsed now."""
        target, headers = self._target.decode("utf-8", "surrogateescape"), self._headers
        request = Request(self._parser.get_method().decode(), target, headers, None, self._exchange)
        request.is_http_10 = self._parser.get_http_version() == "1.0"
        request.keeps_alive = self._parser.should_keep_alive()
        self._target, self._headers, self._in_head = b"", [], False
        self._raw_bytes = self._body_bytes = 0
        self._newest = request
        self.waiting.append(request)

    def on_body(self, piece: bytes) -> None:
        """Take a piece of a body."""
        self._body_bytes += len(piece)
        if self._newest is not None:
            self._newest.feed(piece)

    def on_message_complete(self) -> None:
        """End a request."""
        self._in_head = True
        self._raw_bytes = self._body_bytes = 0
        if self._newest is not None:
            self._newest.feed_end()
