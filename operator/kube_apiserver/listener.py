"""The listening socket, and the ``Front`` that accepts connections on it.

By default the event loop accepts the connections without limits, because a test server has one client. A command that
serves other clients passes a front that limits connections.
"""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable
from typing import Protocol

from http1 import Handle

BACKLOG = 1024
_LAST_PORT = 65_535


class Front(Protocol):
    """Accepts the connections of one server and enforces limits on them. It is started once."""

    def around(self, handle: Handle) -> Handle:
        """Return ``handle`` wrapped, so that the front can track requests in flight."""

    def start(
        self, sock: socket.socket, make_protocol: Callable[[], asyncio.Protocol], tls: ssl.SSLContext | None
    ) -> None:
        """Accept connections from ``sock``. The front owns the socket from now on."""

    def close(self) -> None:
        """Stop accepting. Open connections stay open."""

    async def stop(self) -> None:
        """Close all open connections."""


def listen(host: str, port: int) -> socket.socket:
    """Open a listening socket. An empty host listens on all interfaces, on one port for IPv4 and IPv6.

    Raises:
        OSError: the address is in use or unavailable.
        ValueError: the port is not from 0 to 65535.
    """
    # getaddrinfo would take port 65536 for port 0.
    if not 0 <= port <= _LAST_PORT:
        raise ValueError(f"port: {port} is not from 0 to {_LAST_PORT}; port 0 takes a free one")
    if not host and socket.has_dualstack_ipv6():
        # Kernels booted without IPv6 still define the address family.
        with contextlib.suppress(OSError):
            return socket.create_server(("", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=BACKLOG)
    if not host:
        return socket.create_server(("", port), backlog=BACKLOG)
    family, _, _, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    # Keep the whole address: the scope is part of a link-local one.
    return socket.create_server(where, family=family, backlog=BACKLOG)


def address_of(sock: socket.socket) -> tuple[str, int]:
    """Return the host and port of a socket. A link-local host includes its zone, which clients need to connect."""
    host, port, *more = sock.getsockname()
    if len(more) == 2 and more[1]:
        host = f"{host}%{socket.if_indextoname(more[1])}"
    return host, port


def reachable(host: str, *, brackets: bool = True) -> str:
    """Return the host for clients to connect to. It is the loopback address for a wildcard host."""
    host = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound
    # In a URL, the zone of a link-local address begins with an escaped percent sign (RFC 6874).
    return f"[{host.replace('%', '%25')}]" if brackets and ":" in host else host
