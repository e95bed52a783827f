"""``Pool``: connections that were used and are open, and the limit of how many there are."""

import asyncio
from collections import deque
from functools import partial

from plugin_operator.client.http.direct.call_wire import CallWire
from plugin_operator.client.http.direct.destination import Server
from plugin_operator.client.http.direct.dialer import Dialer
from plugin_operator.client.http.direct.failures import ClosedHereError
from plugin_operator.client.http.receiving_budget import ReceivingBudget

MOST_AT_ONCE = 100
"""Requests at one time; others wait in the order of their arrival."""

_IDLE_SECONDS = 60.0


class Pool:
    """The connections of one client.

    Args:
        dialer: makes them.
        budget: bytes being received, of all connections.

    Attributes:
        is_closed: whether ``close`` was called.
        waiting: number of requests that wait for others to end.
    """

    def __init__(self, dialer: Dialer, budget: ReceivingBudget) -> None:
        self._dialer = dialer
        self._make = partial(CallWire, budget)
        self._places = asyncio.Semaphore(MOST_AT_ONCE)
        self._idle: dict[Server, deque[CallWire]] = {}
        self._busy: set[CallWire] = set()
        self._reaper: asyncio.TimerHandle | None = None
        self.is_closed = False
        self.waiting = 0

    async def take(self, server: Server, until: float, *, fresh: bool) -> CallWire:
        """Return a connection for one request; its caller must ``give`` it.

        Args:
            server: the server.
            until: deadline in the time of the loop.
            fresh: whether it must be a new one.

        Raises:
            ClosedHereError: the pool is closed.
            TimeoutError: no connection was free in time, or connecting took too long.
            DialError, ConfigError: see ``Dialer.dial``.
        """
        if self._places.locked():
            await self._wait(until)
        else:
            await self._places.acquire()
        try:
            wire = None if fresh else self._open_one(server)
            if wire is None:
                self._check_open()
                wire = await self._dialer.dial(server, until, self._make)
                if self.is_closed:
                    wire.close()
            self._check_open()
        except BaseException:
            self._places.release()
            raise
        self._busy.add(wire)
        return wire

    def give(self, server: Server, wire: CallWire, *, may_reuse: bool) -> None:
        """Keep a connection for other requests; close it without ``may_reuse``."""
        self._busy.discard(wire)
        self._places.release()
        if not may_reuse or self.is_closed:
            wire.close()
            return
        loop = asyncio.get_running_loop()
        wire.idle_since = loop.time()
        self._idle.setdefault(server, deque()).append(wire)
        if self._reaper is None:
            self._reaper = loop.call_later(_IDLE_SECONDS, self._reap)

    def close(self) -> None:
        """Close every connection; requests under way fail."""
        self.is_closed = True
        if self._reaper is not None:
            self._reaper.cancel()
        for wire in [*self._busy, *(each for wires in self._idle.values() for each in wires)]:
            wire.close()
        self._idle.clear()

    def _open_one(self, server: Server) -> CallWire | None:
        wires = self._idle.get(server)
        while wires:
            # The last one used: those that are not needed become old.
            wire = wires.pop()
            if wire.is_open:
                return wire
        return None

    async def _wait(self, until: float) -> None:
        self.waiting += 1
        try:
            async with asyncio.timeout_at(until):
                await self._places.acquire()
        except TimeoutError as error:
            raise TimeoutError("all connections are in use") from error
        finally:
            self.waiting -= 1

    def _check_open(self) -> None:
        if self.is_closed:
            raise ClosedHereError

    def _reap(self) -> None:
        loop = asyncio.get_running_loop()
        latest = loop.time() - _IDLE_SECONDS
        for server, wires in list(self._idle.items()):
            while wires and (wires[0].idle_since <= latest or not wires[0].is_open):
                wires.popleft().close()
            if not wires:
                del self._idle[server]
        self._reaper = loop.call_later(_IDLE_SECONDS, self._reap) if self._idle else None
