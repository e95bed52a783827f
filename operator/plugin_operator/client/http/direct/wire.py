"""``Wire``: one TCP or TLS connection to a server.

Owns the transport. Leaves what it carries to ``CallWire`` and ``StreamWire``.
"""

import asyncio
from typing import cast

from plugin_operator.client.http.direct.failures import ClosedByServerError

ERROR_SECONDS = 5.0
"""The longest time to receive the body of an error, which is only read for its message."""

_JOINED_BYTES = 2**16


class Wire(asyncio.Protocol):
    """A connection that sends requests; its subclasses receive."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None

    @property
    def is_open(self) -> bool:
        """Whether a request can be sent; the server may have closed it all the same."""
        return self._transport is not None and not self._transport.is_closing()

    def close(self) -> None:
        """Close the connection at once."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport."""
        self._transport = cast("asyncio.Transport", transport)

    def write(self, head: bytes, body: bytes | None) -> None:
        """Send a request.

        Raises:
            ClosedByServerError: the connection is closed; nothing was sent.
        """
        transport = self._transport
        if transport is None or transport.is_closing():
            raise ClosedByServerError("the server closed the connection", has_begun=False)
        if not body:
            transport.write(head)
        elif len(body) <= _JOINED_BYTES:
            transport.write(head + body)
        else:
            transport.writelines((head, body))


def broken(cause: Exception | None, *, has_begun: bool) -> ClosedByServerError:
    """Return the error for a connection that ended before the response was complete.

    Args:
        cause: what the transport reported; None if the server closed the connection.
        has_begun: whether a part of the response was received.
    """
    message = "the response is truncated" if has_begun else "the server closed the connection"
    error = ClosedByServerError(f"{message}: {cause}" if cause else message, has_begun=has_begun)
    error.__cause__ = cause
    return error
