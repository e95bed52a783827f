"""Accepting connections on one listening socket.

Owns the steps from accept to a protocol with its transport: the TLS handshake, a limit per turn of the event loop, and
the reaction to exhausted file descriptors. Leaves the choice of a connection to drop to ``connections``.
"""

import asyncio
import contextlib
import errno
import ssl
from collections.abc import Callable
from functools import partial
from socket import socket

from plugin_operator.clock import SystemClock
from plugin_operator.serving.connections import Connection, ConnectionLimits, ConnectionTable, peer_of
from plugin_operator.tasks import AnyTask, TaskOwner

_OUT_OF_RESOURCES = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
_PAUSE_SECONDS = 0.1
_STOP_SECONDS = 1.0

MakeProtocol = Callable[[], asyncio.Protocol]


class Listener:
    """Accepts connections from ``sock`` until ``stop``; owns the socket and all its connections.

    Args:
        name: name in logs and task names.
        sock: a listening socket.
        limits: limits of the connections.
        make_protocol: returns the protocol of one connection.
        tls: context of the TLS handshake; None for plain TCP.
    """

    def __init__(
        self,
        name: str,
        sock: socket,
        limits: ConnectionLimits,
        make_protocol: MakeProtocol,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.table = ConnectionTable(name, limits)
        self._sock = sock
        self._limits = limits
        self._make_protocol = make_protocol
        self._tls = tls
        self._tasks = TaskOwner(name, clock=SystemClock())
        self._resume: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Start to accept connections."""
        self._sock.setblocking(False)
        self._listen()

    def close(self) -> None:
        """Stop accepting; open connections stay."""
        if self._resume is not None:
            self._resume.cancel()
            self._resume = None
        if self._sock.fileno() >= 0:
            asyncio.get_running_loop().remove_reader(self._sock)
            self._sock.close()

    async def stop(self) -> None:
        """Stop accepting and abort open connections."""
        self.close()
        self.table.drop_all()
        await self._tasks.stop(_STOP_SECONDS)

    def _listen(self) -> None:
        self._resume = None
        asyncio.get_running_loop().add_reader(self._sock, self._accept)

    def _accept(self) -> None:
        for _ in range(self._limits.accepts_per_turn):
            try:
                sock, address = self._sock.accept()
            except (BlockingIOError, InterruptedError):
                return
            except OSError as error:
                if error.errno in _OUT_OF_RESOURCES:
                    self._out_of_resources(error)
                    return
                continue  # the client disconnected before the accept
            connection = Connection(sock, peer_of(address))
            sock.setblocking(False)
            self.table.add(connection)
            connection.bring_up = self._tasks.spawn(self._bring_up(connection), name=connection.peer)
            # A callback, not the coroutine: a task that is cancelled before its first step runs no code.
            connection.bring_up.add_done_callback(partial(self._forget_failed, connection))

    async def _bring_up(self, connection: Connection) -> None:
        seconds = None if self._tls is None else self._limits.request_seconds
        # Errors here are the client's fault: it disconnected or does not use TLS.
        with contextlib.suppress(OSError):
            await asyncio.get_running_loop().connect_accepted_socket(
                lambda: _Watched(self.table, connection, self._make_protocol()),
                connection.sock,
                ssl=self._tls,
                ssl_handshake_timeout=seconds,
                ssl_shutdown_timeout=seconds,
            )

    def _forget_failed(self, connection: Connection, _: AnyTask) -> None:
        if connection.transport is None:
            self.table.remove(connection)
            connection.sock.close()

    def _out_of_resources(self, error: OSError) -> None:
        """Free a file descriptor and pause: the socket stays readable, so that the loop would spin."""
        self.table.make_room(error.strerror or str(error))
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._sock)
        self._resume = loop.call_later(_PAUSE_SECONDS, self._listen)


class _Watched(asyncio.Protocol):
    """Protocol wrapper that reports received bytes and the end of the connection to the table."""

    def __init__(self, table: ConnectionTable, connection: Connection, inner: asyncio.Protocol) -> None:
        self._table = table
        self._connection = connection
        self._inner = inner
        self.eof_received = inner.eof_received  # type: ignore[method-assign]
        self.pause_writing = inner.pause_writing  # type: ignore[method-assign]
        self.resume_writing = inner.resume_writing  # type: ignore[method-assign]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._table.opened(self._connection, transport)
        self._inner.connection_made(transport)

    def data_received(self, data: bytes) -> None:
        if self._table.takes(self._connection, len(data)):
            self._inner.data_received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._table.remove(self._connection)
        self._inner.connection_lost(exc)
