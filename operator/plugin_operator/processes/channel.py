"""``Channel``: the two directions of messages over one socket pair."""

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any, Generic, Self, TypeVar

import msgspec

from plugin_operator.processes.messages import Message, line_of

_CHUNK = 1 << 18
#: More than any status or metrics; what writes so much without an end is no party of the protocol.
_MAX_LINE = 1 << 28

M = TypeVar("M")


class Channel(Generic[M]):
    """One end of a socket pair; create it with ``open``.

    Args:
        end: the socket.
        reader, writer: its streams.
        kinds: union of the messages that arrive.

    Attributes:
        problem: why what arrived is no message, which ends ``messages``; empty while all is well.
    """

    def __init__(
        self, end: socket.socket, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, kinds: Any
    ) -> None:
        self._end = end
        self._reader = reader
        self._writer = writer
        self._decoder = msgspec.json.Decoder(kinds)
        self.problem = ""

    @classmethod
    async def open(cls, end: socket.socket, kinds: Any) -> Self:
        """Return the channel over a connected socket."""
        reader, writer = await asyncio.open_connection(sock=end)
        return cls(end, reader, writer, kinds)

    def send(self, message: Message) -> None:
        """Send a message; it is lost if the other end is closed, which ends ``messages`` too."""
        if not self._writer.is_closing():
            self._writer.write(line_of(message))

    async def messages(self) -> AsyncIterator[M]:
        """Yield the messages until the other end is closed, or until something else than a message arrives.

        The process of a worker runs plugins, which can write to any descriptor.
        """
        try:
            async for line in self._lines():
                yield self._decoder.decode(line)
        except ConnectionError:
            return
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            self.problem = str(error)

    async def _lines(self) -> AsyncIterator[bytes]:
        pending = bytearray()
        while data := await self._reader.read(_CHUNK):
            pending += data
            if b"\n" in data:
                *lines, rest = bytes(pending).split(b"\n")
                pending = bytearray(rest)
                for each in lines:
                    yield each
            elif len(pending) > _MAX_LINE:
                raise msgspec.DecodeError("a line has no end")

    def finish(self) -> None:
        """Let ``messages`` end after what has arrived: children of the other process may hold its end open."""
        try:
            self._end.shutdown(socket.SHUT_RD)  # uvloop refuses it for the socket of a transport
        except OSError:
            return  # it is closed

    def close(self) -> None:
        """Close this end."""
        self._writer.close()
