"""The stream of a connection: chunks, or bytes until the end of the connection for a client of HTTP/1.0."""

from collections.abc import Awaitable
from typing import Protocol

_JOINED_BYTES = 2**16


class Output(Protocol):
    """What a stream needs of its connection. Each method raises ConnectionError if the client is gone."""

    def send(self, *pieces: bytes) -> None:
        """Send pieces."""

    def drained(self) -> Awaitable[None]:
        """Wait while the client does not read."""


class ConnectionStream:
    """A ``Stream`` on a connection.

    Args:
        output: the connection.
        is_chunked: whether the pieces are framed.
        is_silent: whether nothing may follow the head.
    """

    def __init__(self, output: Output, *, is_chunked: bool, is_silent: bool) -> None:
        self._output = output
        self._is_chunked = is_chunked
        self._is_over = is_silent

    async def write(self, data: bytes) -> None:
        """Send a piece, and wait while the client does not read."""
        if self._is_over or not data:
            return
        if not self._is_chunked:
            self._output.send(data)
        elif len(data) < _JOINED_BYTES:
            self._output.send(b"%x\r\n%b\r\n" % (len(data), data))
        else:
            self._output.send(b"%x\r\n" % len(data), data, b"\r\n")
        await self._output.drained()

    async def end(self) -> None:
        """Send the end of the response; no effect if it was sent."""
        if self._is_over:
            return
        self._is_over = True
        if self._is_chunked:
            self._output.send(b"0\r\n\r\n")
            await self._output.drained()
