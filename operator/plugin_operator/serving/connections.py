"""The connections of one listener: how many there may be, how long each may take, and which one is dropped.

A full table never refuses a new client: it drops the idlest connection of the peer that has the most. So a kubelet gets
its answer while another peer holds every other place. Accepting is left to ``listener``.
"""

import asyncio
import contextlib
import socket
from collections import Counter
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import Any

from plugin_operator import logs

_REPORT_SECONDS = 60.0

_log = logs.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionLimits:
    """The limits of one listener.

    Attributes:
        connections: how many are held at once, TLS handshakes included. More than one turn of the event loop accepts,
            so that a client which asks at once is heard before a flood behind it can push it out.
        request_seconds: how long the TLS handshake and the first request may take together.
        answer_seconds: how long an answer may be prepared; None for as long as it likes.
        keepalive_seconds: how long an answer may be sent and the next request may be awaited, together. No usual
            interval of scrapes, so that the end of a connection does not meet the next scrape.
        request_bytes: how much a client may send before a whole request is there, and while it is answered. aiohttp
            keeps any number of header lines, and of requests that wait for their answer.
        body_bytes: how much a client may send while its request is answered, where that is more: the body belongs to
            it; None for no more than ``request_bytes``.
        accepts_per_turn: how many connections one turn of the event loop accepts; the other listeners come between.
    """

    connections: int = 256
    request_seconds: float = 10.0
    answer_seconds: float | None = 30.0
    keepalive_seconds: float = 20.0
    request_bytes: int = 128 * 1024
    body_bytes: int | None = None
    accepts_per_turn: int = 16


class Connection:
    """One accepted connection; ``bring_up`` is the task of its handshake, ``transport`` what that leads to."""

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
        """Cut the connection, whatever it is doing; harmless if it is gone."""
        if self.transport is None:
            if self.bring_up is not None:
                self.bring_up.cancel()
            return
        # A TLS transport that was closed twice ignores abort(), or raises in the first releases of Python 3.11.
        with contextlib.suppress(AttributeError):
            if isinstance(self.transport, asyncio.WriteTransport):
                self.transport.abort()
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)


class ConnectionTable:
    """The connections that are open now.

    Args:
        server: the listener's name, for logs.
        limits: see there.
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
        """Hold one more, which has ``request_seconds`` for its first request; drop another if the table is full."""
        if len(self._open) >= self._limits.connections:
            self.make_room(f"{self._limits.connections} connections are open")
        self._open.add(connection)
        self._stage(connection, self._limits.request_seconds, is_answering=False)

    def opened(self, connection: Connection, transport: asyncio.BaseTransport) -> None:
        """Note that the handshake is over; requests are told by their transport from now on."""
        connection.transport = transport
        self._up[transport] = connection

    def answering(self, transport: object) -> None:
        """Note that a whole request has come."""
        connection = self._up.get(transport)
        if connection is not None:
            connection.received = 0
        self._stage(connection, self._limits.answer_seconds, is_answering=True)

    def takes(self, connection: Connection, count: int) -> bool:
        """Note that so many bytes have come, and tell whether they may; a connection that sends too much is dropped."""
        connection.received += count
        if connection.received <= self._limits.request_bytes or self._is_body(connection):
            return True
        self._expire(connection)
        return False

    def answered(self, transport: object) -> None:
        """Note that an answer is ready to be sent."""
        connection = self._up.get(transport)
        if connection is not None and self._limits.body_bytes is not None:
            connection.received = 0
        self._stage(connection, self._limits.keepalive_seconds, is_answering=False)

    def remove(self, connection: Connection) -> None:
        """Forget a connection that has ended; harmless if that was done."""
        self._open.discard(connection)
        self._up.pop(connection.transport, None)
        if connection.timer is not None:
            connection.timer.cancel()
            connection.timer = None

    def make_room(self, reason: str) -> None:
        """Drop the idlest connection of the peer that has the most; one that is being answered only if all are."""
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
        """Cut every connection."""
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
        """Log the first drop, and the sum of those that follow once a minute: a flood must not fill the log."""
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
    """Return what a peer is told by: an IPv4 address, or the /64 network of an IPv6 one, which one host may own."""
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
