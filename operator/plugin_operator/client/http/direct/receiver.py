"""``Receiver``: parse one response within limits of size.

Owns every rule about what a server may send. ``httptools`` is the parser; it rejects bodies whose length is ambiguous,
and has no limits of its own.
"""

import zlib

import httptools

from plugin_operator.client.http.answer import Answer, Headers
from plugin_operator.client.http.limits import MAX_ERROR_BYTES
from plugin_operator.client.http.receiving_budget import ReceivingBudget
from plugin_operator.errors import AnswerTooLargeError

MAX_HEAD_BYTES = 2**18
"""Status lines, headers, trailers and the frames of chunks that contain nothing."""

_FRAME_BYTES = 8  # of a chunk of one byte, which is the smallest
_NO_BODY = (204, 304)
_GZIP_OR_ZLIB = 47


class MalformedAnswerError(ValueError):
    """The bytes are no HTTP response."""


def unpacker_of(encoding: bytes) -> "zlib._Decompress":
    """Return the decompressor for a ``Content-Encoding``.

    Raises:
        MalformedAnswerError: it is not supported.
    """
    if encoding not in {b"gzip", b"deflate"}:
        stated = encoding[:40].decode("latin-1")
        raise MalformedAnswerError(f"the response has the encoding {stated!r}, which was not asked for")
    return zlib.decompressobj(_GZIP_OR_ZLIB)


class Receiver:
    """Collects the pieces of the responses of one connection, one after the other.

    Args:
        budget: shared by all connections.

    Attributes:
        status: HTTP status; 0 before the headers are complete.
        is_complete: whether the response is complete, or cut.
        may_reuse: whether the connection can carry another request.
    """

    def __init__(self, budget: ReceivingBudget) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._budget = budget
        self._size = self._raw = self._limit = self.status = 0
        self._first = b""
        self._body: bytearray | None = None
        self._headers: list[tuple[bytes, bytes]] = []
        self._encoding = b""
        self.begin(0)

    def begin(self, limit: int) -> None:
        """Expect a response.

        Args:
            limit: the most bytes of its body; that of an error is cut instead, at ``MAX_ERROR_BYTES``.
        """
        self.discard()
        self._limit = limit
        self._raw = 0
        self._headers = []
        self._length = -1
        self._encoding = b""
        self._until_end = True
        self.status = 0
        self.is_complete = self.may_reuse = False

    @property
    def has_begun(self) -> bool:
        """Whether the server has sent anything."""
        return self._raw > 0

    @property
    def is_error(self) -> bool:
        """Whether the status is that of an error, whose body is only read for its message."""
        return self.status >= 300 and self.status != 304

    def feed(self, data: bytes) -> None:
        """Take the next received bytes.

        Raises:
            MalformedAnswerError: they are not HTTP.
            AnswerTooLargeError: the body exceeds the limit.
            ApiConnectionError: all responses together are too large.
        """
        self._raw += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self.may_reuse = False
            if self.is_complete:
                return
            raise MalformedAnswerError(f"the server sent no valid HTTP response: {error}") from error
        if self.status:
            self._check()
        if self.is_complete:
            return
        if self._raw - self._size > MAX_HEAD_BYTES + _FRAME_BYTES * self._size:
            raise MalformedAnswerError(f"the headers of the response are larger than {MAX_HEAD_BYTES} bytes")

    def end(self) -> bool:
        """Take the end of the connection; return whether it completes the response, as it does without a length."""
        if self.status and self._until_end and not self.is_complete:
            self.is_complete = True
        return self.is_complete

    def cut(self) -> None:
        """Complete an error with what was received of its body."""
        self.is_complete, self.may_reuse = True, False

    def answer(self) -> Answer:
        """Return the complete response.

        Raises:
            AnswerTooLargeError: the body is larger than the limit once it is decompressed.
            MalformedAnswerError: it cannot be decompressed.
        """
        body = self._first if self._body is None else bytes(self._body)
        if self.is_error:
            body = body[:MAX_ERROR_BYTES]
        if self._encoding:
            body = self._decompressed(body)
        return Answer(self.status, Headers(self._headers), body)

    def discard(self) -> None:
        """Forget the body, and return its bytes to the budget; the traceback of an error would keep it alive."""
        self._budget.received -= self._size
        self._size = 0
        self._first, self._body = b"", None

    def _check(self) -> None:
        if self.is_error:
            if self._size > MAX_ERROR_BYTES and not self.is_complete:
                self.cut()
            return
        if self._length > self._limit:
            raise AnswerTooLargeError(f"the server's answer is larger than {self._limit} bytes: it has {self._length}")
        if self._size > self._limit:
            raise AnswerTooLargeError(f"the server's answer is larger than {self._limit} bytes")
        self._budget.check()

    def _decompressed(self, body: bytes) -> bytes:
        limit = MAX_ERROR_BYTES if self.is_error else self._limit
        unpacker = unpacker_of(self._encoding)
        try:
            plain = unpacker.decompress(body, limit + 1)
        except zlib.error as error:
            if self.is_error:
                return body
            raise MalformedAnswerError(f"the response cannot be decompressed: {error}") from error
        if self.is_error:
            return plain[:limit]
        if len(plain) > limit:
            raise AnswerTooLargeError(f"the server's answer is larger than {limit} bytes")
        if not unpacker.eof:
            raise MalformedAnswerError("the compressed response is truncated")
        return plain

    # What follows is called by the parser.

    def on_message_begin(self) -> None:
        """Begin a response; one after the complete one was not asked for."""
        if self.is_complete:
            self.may_reuse = False

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header; those of trailers and of what was not asked for are dropped."""
        if self.status:
            return
        self._headers.append((name, value))
        lower = name.lower()
        if lower == b"content-length":
            self._length = int(value) if value.isdigit() else -1
            self._until_end = False
        elif lower == b"transfer-encoding":
            self._until_end = False
        elif lower == b"content-encoding" and value.lower() != b"identity":
            self._encoding = value.strip().lower()

    def on_headers_complete(self) -> None:
        """Take the status; an informational response precedes the one that counts."""
        if self.status:
            return
        status = self._parser.get_status_code()
        if status < 200:
            self._headers, self._encoding = [], b""
            self._length, self._until_end = -1, True
            return
        self.status = status
        if status in _NO_BODY:
            self._until_end = False

    def on_body(self, body: bytes) -> None:
        """Keep a piece of the body."""
        if self.is_complete:
            return
        self._size += len(body)
        self._budget.received += len(body)
        if self._size == len(body):
            self._first = body  # most responses have a single piece
        elif self._body is None:
            # The allocator returns one large buffer to the system, but not thousands of pieces.
            self._body = bytearray(self._first + body)
            self._first = b""
        else:
            self._body += body

    def on_message_complete(self) -> None:
        """End the response."""
        if self.status and not self.is_complete:
            self.is_complete = True
            self.may_reuse = self._parser.should_keep_alive()
