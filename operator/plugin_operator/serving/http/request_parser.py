"""``RequestParser``: requests out of the bytes of one connection.

Owns every rule about what a client may send. ``httptools`` is the parser in its strict mode: it rejects bare line
breaks, control characters, and bodies of ambiguous length. It has no limits, and neither stops after a request nor
checks what RFC 9112 demands of the whole head; both are done here.
"""

import httptools

from plugin_operator.serving.http.request import Request
from plugin_operator.serving.http.target import path_and_query

_MAX_TARGET_BYTES = 8190
_MAX_HEADER_BYTES = 8190
_MAX_HEADERS = 128
_MAX_HEAD_BYTES = 64 * 1024
_MAX_BODY_BYTES = 1024
_END = b"\r\n\r\n"
_VERSIONS = ("1.0", "1.1")
# A second one could be read by a proxy in place of the first.
_ONCE = frozenset({"host", "authorization", "content-length", "transfer-encoding", "expect"})


class RefusedError(Exception):
    """The bytes are no request that the server answers; none can follow on the connection."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class RequestParser:
    """Takes requests one at a time, so that a client that sends many in one piece holds no memory for each.

    Args:
        peer: identity of the client, passed on with each request.

    Attributes:
        is_cut: whether the rest of the bytes has no known meaning, so that the connection cannot be used again.
    """

    def __init__(self, peer: str) -> None:
        self._parser = httptools.HttpRequestParser(self)
        self._peer = peer
        self.is_cut = False
        self._begin()

    def _begin(self) -> None:
        self._head = bytearray()
        self._target = b""
        self._headers: dict[str, str] = {}
        self._count = 0
        self._refusal = 0
        self._request: Request | None = None
        self._is_complete = False
        self._left = 0
        self._body_bytes = 0
        self._last = b""

    def take(self, received: bytearray) -> Request | None:
        """Parse and remove at most one request from the bytes, and return it; None if it is not complete.

        It may leave bytes even if it returns None: call it until there are none.

        Raises:
            RefusedError: the status of the response.
        """
        piece = self._piece(received)
        del received[: len(piece)]
        if self._request is None:
            self._head += piece
        else:
            self._body_bytes += len(piece)
        self._feed(piece)
        if status := self._status():
            self.is_cut = True
            raise RefusedError(status)
        if not self._is_complete:
            return None
        request = self._request
        self._begin()
        return request

    def close(self) -> None:
        """Forget the parser, which refers to this object."""
        del self._parser

    def _piece(self, received: bytearray) -> bytes:
        """Return bytes up to the first possible end of a head or a body: the parser would continue after it."""
        if self._left:
            piece = bytes(received[: self._left])
            self._left -= len(piece)
            return piece
        overlap = bytes(received[: len(_END)])
        at = (self._last + overlap).find(_END)
        if at >= 0:
            end = at + len(_END) - len(self._last)
        else:
            at = received.find(_END)
            end = at + len(_END) if at >= 0 else len(received)
        piece = bytes(received[:end])
        self._last = b"" if at >= 0 else (self._last + piece)[-len(_END) + 1 :]
        return piece

    def _feed(self, piece: bytes) -> None:
        try:
            self._parser.feed_data(piece)
        except httptools.HttpParserUpgrade:
            self.is_cut = True
        except httptools.HttpParserInvalidMethodError:
            self._refusal = self._refusal or (501 if self._head.lstrip(b"\r\n")[:1].isalpha() else 400)
        except httptools.HttpParserError:
            self._refusal = self._refusal or 400

    def _status(self) -> int:
        """Return the status of the refusal, or 0."""
        if self._refusal:
            return self._refusal
        if len(self._target) > _MAX_TARGET_BYTES:
            return 414
        if len(self._head) > _MAX_HEAD_BYTES:
            return 431
        return 413 if self._body_bytes > _MAX_BODY_BYTES else 0

    # What follows is called by the parser. An exception would be wrapped by it, so refusals are kept.

    def on_url(self, piece: bytes) -> None:
        """Take a piece of the target."""
        self._target += piece

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header; trailers are dropped, for they could repeat a header that a proxy has checked."""
        if self._request is not None:
            return
        self._count += 1
        if self._count > _MAX_HEADERS or len(name) + len(value) > _MAX_HEADER_BYTES:
            self._refusal = self._refusal or 431
            return
        key, text = name.decode("latin-1").lower(), value.decode("latin-1").strip(" \t")
        if key not in self._headers:
            self._headers[key] = text
        elif key in _ONCE:
            self._refusal = self._refusal or 400
        else:
            self._headers[key] += f", {text}"

    def on_headers_complete(self) -> None:
        """Check the head, and decide what happens to a body."""
        method, version = self._parser.get_method().decode("latin-1"), self._parser.get_http_version()
        self._refusal = self._refusal or self._refusal_of_head(method, version)
        found = path_and_query(method, self._target.decode("latin-1"))
        if self._refusal or found is None:
            self._refusal = self._refusal or 400
            return
        expects = version == "1.1" and "expect" in self._headers
        has_body = "transfer-encoding" in self._headers or self._left > 0
        # A client that waits for leave to send its body gets the final status instead. An upgrade is declined.
        self.is_cut = self.is_cut or self._parser.should_upgrade() or (expects and has_body)
        self._request = Request(
            method=method,
            path=found[0],
            query=found[1],
            headers=self._headers,
            version=version,
            keep_alive=self._parser.should_keep_alive() and not self.is_cut,
            peer=self._peer,
        )
        self._is_complete = self.is_cut

    def on_message_complete(self) -> None:
        """End the request."""
        self._is_complete = True

    def _refusal_of_head(self, method: str, version: str) -> int:
        head = bytes(self._head)
        while head.startswith(b"\r\n"):
            head = head[2:]
        line = head.partition(b"\r\n")[0]
        # The parser also takes other protocols, more than one space, requests without a version, and a bare CR before.
        if line != f"{method} {self._target.decode('latin-1')} HTTP/{version}".encode("latin-1"):
            return 400
        if version not in _VERSIONS:
            return 505
        if version == "1.1" and "host" not in self._headers:
            return 400
        if method == "CONNECT":
            return 501
        if version == "1.1" and self._headers.get("expect", "100-continue").lower() != "100-continue":
            return 417
        return self._refusal_of_body(version)

    def _refusal_of_body(self, version: str) -> int:
        coding = self._headers.get("transfer-encoding")
        if coding is not None and version == "1.0":
            return 400
        if coding is not None and coding.lower() != "chunked":
            return 501
        self._left = int(self._headers.get("content-length") or 0)
        return 413 if self._left > _MAX_BODY_BYTES else 0
