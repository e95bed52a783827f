"""``Request``: what a client asks for."""

import asyncio
from collections.abc import Iterator
from typing import Protocol
from urllib.parse import unquote_plus, urlsplit

from multidict import CIMultiDict, CIMultiDictProxy, MultiDict, MultiDictProxy

from http1.response import Headers, Stream

_UNREAD, _DROPPED = -1, -2


class BodyTooLargeError(ValueError):
    """The body of a request is larger than its reader allows."""


class Exchange(Protocol):
    """What a request needs of its connection."""

    @property
    def transport(self) -> asyncio.Transport | None:
        """The transport, None if the connection has ended."""

    async def more(self) -> None:
        """Wait for the next piece of the body, or its end.

        Raises:
            ConnectionError: the client disconnected.
        """

    async def begin(self, request: "Request", status: int, headers: CIMultiDict[str]) -> Stream:
        """Send the head of a streamed response."""


class Request:
    """One request.

    Args:
        method: the method, as the client wrote it.
        target: the request target, as the client wrote it.
        headers: names and values.
        body: the body, if it is known already.
        exchange: the connection; None for a request that came over none.

    Attributes:
        method, target: as above.
        path: path of the target, still percent-encoded.
        query_string: query of the target, still percent-encoded.
        headers: the headers; names are case-insensitive.
        is_http_10: whether the client speaks HTTP/1.0, which has no chunks.
        keeps_alive: whether the client wants to send another request on the connection.
        expects_continue: whether the client waits for leave to send the body.
    """

    __slots__ = (
        "_body",
        "_exchange",
        "_is_complete",
        "_most",
        "_query",
        "expects_continue",
        "headers",
        "is_http_10",
        "keeps_alive",
        "method",
        "path",
        "query_string",
        "target",
    )

    def __init__(
        self,
        method: str,
        target: str,
        headers: Headers = (),
        body: bytes | None = b"",
        exchange: Exchange | None = None,
    ) -> None:
        self.method = method
        self.target = target
        self.headers = CIMultiDictProxy(CIMultiDict(headers))
        self.is_http_10 = False
        self.keeps_alive = True
        self.expects_continue = self.headers.get("Expect", "").lower() == "100-continue"
        self._body: bytes | bytearray = body or b""
        self._is_complete = body is not None
        self._most = _UNREAD
        self._exchange = exchange
        self._query: MultiDictProxy[str] | None = None
        self.path, self.query_string = _parts_of(target)

    def __repr__(self) -> str:
        """Show neither headers nor body, which may have secrets."""
        return f"Request({self.method!r}, {self.path!r})"

    @property
    def query(self) -> MultiDictProxy[str]:
        """The parameters of the query, decoded."""
        if self._query is None:
            self._query = MultiDictProxy(MultiDict(_pairs_of(self.query_string)))
        return self._query

    @property
    def transport(self) -> asyncio.Transport | None:
        """Transport of the connection; None if it has ended, or if there is none."""
        return None if self._exchange is None else self._exchange.transport

    @property
    def is_secure(self) -> bool:
        """Whether it came over TLS."""
        return self.transport is not None and self.transport.get_extra_info("ssl_object") is not None

    @property
    def content_length(self) -> int | None:
        """What the header ``Content-Length`` says, None without one."""
        text = self.headers.get("Content-Length", "")
        return int(text) if text.isdecimal() and text.isascii() else None

    @property
    def received(self) -> int:
        """How many bytes of the body have arrived."""
        return len(self._body)

    @property
    def is_unread(self) -> bool:
        """Whether more of the body will come and nothing has asked for it."""
        return self._most == _UNREAD and not self._is_complete

    @property
    def is_complete(self) -> bool:
        """Whether the whole body has arrived."""
        return self._is_complete

    async def read(self, limit: int) -> bytes:
        """Return the whole body. It may be asked for again.

        Args:
            limit: the most bytes of it.

        Raises:
            BodyTooLargeError: it is larger.
            ConnectionError: the client disconnected before it had sent all of it.
        """
        self._most = limit
        while not self._is_complete:
            self._check()
            if self._exchange is None:
                raise ConnectionResetError("the body has no end")
            await self._exchange.more()
        self._check()
        if isinstance(self._body, bytearray):
            self._body = bytes(self._body)
        return self._body

    async def begin(self, status: int = 200, headers: Headers = ()) -> Stream:
        """Send the head of a streamed response and return the stream, which is the answer of this request.

        Raises:
            ConnectionError: the client disconnected.
        """
        if self._exchange is None:
            raise ConnectionResetError("a request without a connection has no stream")
        return await self._exchange.begin(self, status, CIMultiDict(headers))

    def feed(self, piece: bytes) -> None:
        """Take a piece of the body; what exceeds the limit of a reader is dropped."""
        if self._most == _DROPPED or 0 <= self._most < len(self._body):
            return
        if not self._body:
            self._body = piece  # most bodies come in one piece
        elif isinstance(self._body, bytearray):
            self._body += piece
        else:
            self._body = bytearray(self._body + piece)

    def feed_end(self) -> None:
        """Note the end of the body."""
        self._is_complete = True

    def drop(self) -> None:
        """Forget the body, also what will come of it."""
        self._body, self._most = b"", _DROPPED

    def _check(self) -> None:
        if len(self._body) > self._most:
            raise BodyTooLargeError(f"the body is larger than {self._most} bytes")


def _parts_of(target: str) -> tuple[str, str]:
    """Return path and query of a target. A proxy's absolute form names a host, which is not looked at."""
    if not target.startswith("/") and "://" in target:
        try:
            target = urlsplit(target)._replace(scheme="", netloc="").geturl() or "/"
        except ValueError:
            return target, ""
    path, _, query = target.partition("#")[0].partition("?")
    return path, query


def _pairs_of(query: str) -> Iterator[tuple[str, str]]:
    for pair in query.split("&") if query else ():
        name, _, value = pair.partition("=")
        if pair:
            yield unquote_plus(name), unquote_plus(value)
