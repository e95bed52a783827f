"""The fence of a replica: open for a while after each renewal of its Lease, and waiting for the next one in between."""

import math

from plugin_operator import logs
from plugin_operator.clock import Clock, Timer
from plugin_operator.fence import Fence

# uvloop rounds delays to it, so a shorter one would be no delay.
_TIMER_TICK_SECONDS = 0.001

_log = logs.get_logger(__name__)


class MemberFence(Fence):
    """A ``Fence`` whose lapse ends no process: work waits until the Lease is renewed, or until the member ends.

    Args:
        clock: measures time.
    """

    __slots__ = ("_is_closed", "_time", "_timer")

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock, on_lapse=self.lapse)
        self._time = clock
        self._timer: Timer | None = None
        self._is_closed = False

    @property
    def closes_at(self) -> float | None:
        """Monotonic second at which the fence closes; None while it is closed, or was never opened. Thread-safe."""
        until = self.until
        return until if math.isfinite(until) else None

    @property
    def is_open(self) -> bool:
        """Whether work may act now."""
        return self._time.monotonic() < self.until

    def extend(self, moment: float) -> bool:
        """Open the fence until ``moment``; return whether it is open. No effect once it was closed."""
        if self._is_closed or moment <= self._time.monotonic():
            return False
        self.open_until(moment)
        self._set_timer()
        return True

    def lapse(self) -> None:
        """Let work wait until the next ``extend``, if the time has passed."""
        if self.until == -math.inf:
            return
        if self.is_open:
            self._set_timer()  # the timer of an event loop may fire a millisecond early
            return
        _log.warning("Lease not renewed in time, reconciles wait")
        self.suspend()

    def close(self) -> None:
        """Reject actions from now on."""
        self._is_closed = True
        self._stop_timer()
        super().close()

    def _set_timer(self) -> None:
        self._stop_timer()
        left = self.until - self._time.monotonic()
        self._timer = self._time.call_later(max(_TIMER_TICK_SECONDS, left), self.lapse)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
