"""What accepts the connections of a server: aiohttp's own sites, or what whoever runs the server brings along.

Owns the listening socket and the contract of a front. The server itself sets no limits to connections: in a test it has
one client. A command that listens for others brings a front that does.
"""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Awaitable, Callable
from typing import Protocol

from aiohttp import web

BACKLOG = 1024

Handle = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class Front(Protocol):
    """Accepts connections, and holds them to limits; serves one server, once."""

    def around(self, handle: Handle) -> Handle:
        """Return what handles a request in the place of ``handle``, so that the front knows what is being answered."""

    def start(
        self, sock: socket.socket, make_protocol: Callable[[], asyncio.Protocol], tls: ssl.SSLContext | None
    ) -> None:
        """Accept from ``sock``, which is the front's from now on."""

    def close(self) -> None:
        """Accept no more; what is open stays."""

    async def stop(self) -> None:
        """Cut what is open."""


def listen(host: str, port: int) -> socket.socket:
    """Open a listening socket; without a host for all interfaces, IPv6 included, so that a free port is one for both.

    Raises:
        OSError: the address cannot be had.
    """
    if not host and socket.has_dualstack_ipv6():
        # Kernels booted without IPv6 still define the family.
        with contextlib.suppress(OSError):
            return socket.create_server(("", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=BACKLOG)
    if not host:
        return socket.create_server(("", port), backlog=BACKLOG)
    family, _, _, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    # The whole of it: a link-local address stands for nothing without its scope.
    return socket.create_server(where, family=family, backlog=BACKLOG)


def address_of(sock: socket.socket) -> tuple[str, int]:
    """Return where a socket listens; a link-local address with its zone, without which nobody can reach it."""
    host, port, *more = sock.getsockname()
    if len(more) == 2 and more[1]:
        host = f"{host}%{socket.if_indextoname(more[1])}"
    return host, port


def reachable(host: str, *, brackets: bool = True) -> str:
    """Return a host to connect to: one that listens everywhere is reached over loopback."""
    host = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound
    # In a URL, the zone of a link-local address begins with an escaped percent sign (RFC 6874).
    return f"[{host.replace('%', '%25')}]" if brackets and ":" in host else host
