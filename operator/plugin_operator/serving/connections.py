"""The connections of one listener: limits of number, time and bytes, and the choice of a connection to drop.

A full table does not reject a new client: it drops the connection of the busiest peer that was idle longest. So a
kubelet gets a response even if another peer holds all other connections. Leaves accepting to ``listener``.
"""

import asyncio
import contextlib
import socket
from collections import Counter
from ipaddress import IPv6Address, ip_address
from typing import Any

import msgspec

from plugin_operator import logs

_REPORT_SECONDS = 60.0

_log = logs.get_logger(__name__)


class ConnectionLimits(msgspec.Struct, frozen=True, kw_only=True):
    """The limits of one listener.

    Attributes:
        connections: most open connections, including TLS handshakes. It must exceed ``accepts_per_turn``, so that a
            client's first request is handled before a flood of new connections can displace it.
        request_seconds: deadline of the TLS handshake and the first request together.
        answer_seconds: deadline of preparing a response; None for no deadline.
        keepalive_seconds: deadline of sending a response and receiving the next request together. It differs from the
            usual scrape intervals, so that a connection is not closed just as the next scrape arrives.
        request_bytes: most bytes a client may send before a request is complete, and while it is handled.
        body_bytes: most bytes while a request is handled, if larger, for its body; None for ``request_bytes``.
        accepts_per_turn: most connections accepted per turn of the event loop, so that other listeners get their turn.
    """

    connections: int = 256
    request_seconds: float = 10.0
    answer_seconds: float | None = 30.0
    keepalive_seconds: float = 20.0
    request_bytes: int = 128 * 1024
    body_bytes: int | None = None
    accepts_per_turn: int = 16


class Connection:
    """One accepted connection; ``bring_up`` is the task of its handshake, ``transport`` the result."""

    __slots__ = ("bring_up", "is_answering", "peer", "received", "since", "sock", "timer", "transport")

    def __init__(self, sock: socket.socket, peer: str) -> None:
        self.sock = sock
        self.peer = peer
        self.is_answering = False
        self.received = 0
        self.since = 0.0
        self.timer: asyncio.TimerHandle | None = None
        self.bring_up: asyncio.Task[Any] | None = None
        self.transport: asyncio.BaseTransport | None = None

    def drop(self) -> None:
        """Abort the connection in any state; does nothing if it is closed."""
        if self.transport is None:
            if self.bring_up is not None:
                self.bring_up.cancel()
            return
        # After a second close(), a TLS transport ignores abort(), or raises in early releases of Python 3.11.
        with contextlib.suppress(AttributeError):
            if isinstance(self.transport, asyncio.WriteTransport):
                self.transport.abort()
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)


class ConnectionTable:
    """The open connections of one listener.

    Args:
        server: name of the listener, for logs.
        limits: limits of the listener.
    """

    def __init__(self, server: str, limits: ConnectionLimits) -> None:
        self._server = server
        self._limits = limits
        self._open: set[Connection] = set()
        self._up: dict[object, Connection] = {}
        self._dropped = 0
        self._reported_at: float | None = None

    def __len__(self) -> int:
        return len(self._open)

    def add(self, connection: Connection) -> None:
        """Add a connection with a deadline for its first request; drop another one if the table is full."""
        if len(self._open) >= self._limits.connections:
            self.make_room(f"{self._limits.connections} connections are open")
        self._open.add(connection)
        self._stage(connection, self._limits.request_seconds, is_answering=False)

    def opened(self, connection: Connection, transport: asyncio.BaseTransport) -> None:
        """Record the end of the handshake; ``transport`` identifies the connection from now on."""
        connection.transport = transport
        self._up[transport] = connection

    def answering(self, transport: object) -> None:
        """Record a complete request."""
        connection = self._up.get(transport)
        if connection is not None:
            connection.received = 0
        self._stage(connection, self._limits.answer_seconds, is_answering=True)

    def takes(self, connection: Connection, count: int) -> bool:
        """Count received bytes; drop the connection and return False if they exceed the limit."""
        connection.received += count
        if connection.received <= self._limits.request_bytes or self._is_body(connection):
            return True
        self._expire(connection)
        return False

    def answered(self, transport: object) -> None:
        """Record that a response is ready to be sent."""
        connection = self._up.get(transport)
        if connection is not None and self._limits.body_bytes is not None:
            connection.received = 0
        self._stage(connection, self._limits.keepalive_seconds, is_answering=False)

    def remove(self, connection: Connection) -> None:
        """Remove a closed connection; does nothing if it is not in the table."""
        self._open.discard(connection)
        self._up.pop(connection.transport, None)
        if connection.timer is not None:
            connection.timer.cancel()
            connection.timer = None

    def make_room(self, reason: str) -> None:
        """Drop the longest-idle connection of the busiest peer; one with a request in progress only if all have one."""
        if not self._open:
            return
        count = Counter(connection.peer for connection in self._open)
        most = max(count.values())
        candidates = (connection for connection in self._open if count[connection.peer] == most)
        victim = min(candidates, key=lambda connection: (connection.is_answering, connection.since))
        self._report(reason, victim.peer, most)
        self.remove(victim)
        victim.drop()

    def drop_all(self) -> None:
        """Abort every connection."""
        for connection in list(self._open):
            self._expire(connection)

    def _stage(self, connection: Connection | None, seconds: float | None, *, is_answering: bool) -> None:
        if connection is None:
            return
        if connection.timer is not None:
            connection.timer.cancel()
            connection.timer = None
        loop = asyncio.get_running_loop()
        connection.is_answering = is_answering
        connection.since = loop.time()
        if seconds is not None:
            connection.timer = loop.call_later(seconds, self._expire, connection)

    def _is_body(self, connection: Connection) -> bool:
        return connection.is_answering and connection.received <= (self._limits.body_bytes or 0)

    def _expire(self, connection: Connection) -> None:
        self.remove(connection)
        connection.drop()

    def _report(self, reason: str, peer: str, held: int) -> None:
        """Log the first drop, then the number of drops once a minute, so that a flood does not fill the log."""
        self._dropped += 1
        now = asyncio.get_running_loop().time()
        if self._reported_at is not None and now - self._reported_at < _REPORT_SECONDS:
            return
        _log.warning(
            "Connection dropped to make room",
            server=self._server,
            reason=reason,
            peer=peer,
            connections_of_peer=held,
            dropped=self._dropped,
        )
        self._reported_at = now
        self._dropped = 0


def peer_of(address: Any) -> str:
    """Return the identity of a peer: its IPv4 address, or its IPv6 /64 network, which one host may own."""
    try:
        ip = ip_address(str(address[0]).partition("%")[0])
    except (ValueError, IndexError, TypeError):
        return ""
    if isinstance(ip, IPv6Address):
        if ip.ipv4_mapped is not None:
            return str(ip.ipv4_mapped)
        if not ip.is_loopback:
            return f"{IPv6Address(int(ip) >> 64 << 64)}/64"
    return str(ip)
