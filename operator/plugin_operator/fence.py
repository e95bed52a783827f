"""The moment after which this process may not work any more.

Owns one number that the leader elector moves on and that whoever is about to act looks at first: a worker before each
reconcile, the plugins' client before each write. A process that was stopped, or whose event loop was blocked, for
longer than its lease wakes up in the middle of something; no timer and no renewal can tell it in time, a look at the
clock does.

Only monotonic time counts: the wall clock may jump as it likes.
"""

import asyncio
import math
from collections.abc import Callable
from typing import NoReturn

from plugin_operator.clock import Clock
from plugin_operator.errors import LeadershipLost


class Fence:
    """Open for good without leader election, and on a standby, where nothing works; then open ``until`` a moment.

    Args:
        clock: measures the time.
        on_lapse: called when a component is about to act past ``until``; the operator ends the process there.

    Attributes:
        until: monotonic second; a plain number, because it is compared before every reconcile.
    """

    __slots__ = ("_clock", "_on_lapse", "_settled", "until")

    def __init__(self, clock: Clock, *, on_lapse: Callable[[], None] | None = None) -> None:
        self._clock = clock
        self._on_lapse = on_lapse
        self.until = math.inf
        self._settled: asyncio.Event | None = None

    @property
    def is_suspended(self) -> bool:
        """Whether it is closed until it is known whether this process still leads."""
        return self._settled is not None

    def open_until(self, moment: float) -> None:
        """Let act until that monotonic second."""
        self.until = moment
        self._settle()

    def suspend(self) -> None:
        """Let nobody act until ``open_until`` or ``close``; harmless if it is closed."""
        if self._settled is None and self.until != -math.inf:
            self.until, self._settled = -math.inf, asyncio.Event()

    def close(self) -> None:
        """Let nobody act any more, because leadership was given up; the process ends in order."""
        self.until = -math.inf
        self._settle()

    def _settle(self) -> None:
        if self._settled is not None:
            self._settled.set()
            self._settled = None

    async def passage(self) -> None:
        """Wait while it is suspended, then return if acting is allowed.

        Raises:
            LeadershipLost: it is not.
        """
        while self._settled is not None:
            await self._settled.wait()
        self.check()

    def check(self) -> None:
        """Return if acting is allowed at this moment.

        Raises:
            LeadershipLost: it is not.
        """
        if self._clock.monotonic() >= self.until:
            self.refuse()

    def refuse(self) -> NoReturn:
        """Say that the time is over.

        Raises:
            LeadershipLost: always, if the process still lives.
        """
        if self.until != -math.inf and self._on_lapse is not None:
            self._on_lapse()
        raise LeadershipLost("this process does not lead any more and must not act")
