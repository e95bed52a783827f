"""The fence: the monotonic second after which this process must not reconcile or write.

The leader elector extends it. The host checks it before each reconcile, and the plugins' client before each write. A
process that was suspended, or whose event loop was blocked, may resume in the middle of its work after the Lease has
expired. Timers and renewals are too late then; only a look at the clock helps.

The fence uses monotonic time only, because the wall clock may jump.
"""

import asyncio
import math
from collections.abc import Callable
from typing import NoReturn

from plugin_operator.clock import Clock
from plugin_operator.errors import LeadershipLost


class Fence:
    """Check of leadership by time: open for ever until the elector sets a limit with ``open_until``.

    Args:
        clock: measures time.
        on_lapse: called when a component is about to act after ``until``; the operator ends the process there.

    Attributes:
        until: monotonic second at which the fence closes; a plain attribute, because each reconcile compares it.
    """

    __slots__ = ("_clock", "_on_lapse", "_settled", "until")

    def __init__(self, clock: Clock, *, on_lapse: Callable[[], None] | None = None) -> None:
        self._clock = clock
        self._on_lapse = on_lapse
        self.until = math.inf
        self._settled: asyncio.Event | None = None

    @property
    def is_suspended(self) -> bool:
        """Whether the fence is closed until leadership is confirmed."""
        return self._settled is not None

    def open_until(self, moment: float) -> None:
        """Open the fence until ``moment``, in monotonic seconds."""
        self.until = moment
        self._settle()

    def suspend(self) -> None:
        """Block actions until ``open_until`` or ``close``; does nothing if the fence is closed."""
        if self._settled is None and self.until != -math.inf:
            self.until, self._settled = -math.inf, asyncio.Event()

    def close(self) -> None:
        """Reject actions from now on, without ``on_lapse``: leadership has ended and the process stops in order."""
        self.until = -math.inf
        self._settle()

    def _settle(self) -> None:
        if self._settled is not None:
            self._settled.set()
            self._settled = None

    async def passage(self) -> None:
        """Wait while the fence is suspended, then return if it is open.

        Raises:
            LeadershipLost: the fence is closed.
        """
        while self._settled is not None:
            await self._settled.wait()
        self.check()

    def check(self) -> None:
        """Return if the fence is open now.

        Raises:
            LeadershipLost: the fence is closed or suspended.
        """
        if self._clock.monotonic() >= self.until:
            self.refuse()

    def refuse(self) -> NoReturn:
        """Raise, after a call of ``on_lapse`` if the time has passed.

        Raises:
            LeadershipLost: always, unless ``on_lapse`` ends the process.
        """
        if self.until != -math.inf and self._on_lapse is not None:
            self._on_lapse()
        raise LeadershipLost("this process is no longer the leader")
