"""Rate limit for repeated log lines."""

from collections.abc import Hashable

from plugin_operator.clock import Clock

_MAX_PLACES = 256
_NO_LIMIT = 2**62


class LineLimiter:
    """Passes a burst of lines per code location and period, and counts the lines it drops.

    Args:
        clock: measures the period.
        burst: lines per location and period.
        period_seconds: length of a period.
        most: lines for all locations per period, because their number is unbounded.
    """

    __slots__ = ("_began", "_burst", "_clock", "_left_out", "_lines", "_most", "_period", "_places")

    def __init__(self, clock: Clock, *, burst: int, period_seconds: float, most: int = _NO_LIMIT) -> None:
        self._clock = clock
        self._burst = burst
        self._period = period_seconds
        self._most = most
        self._places: dict[Hashable, tuple[float, int]] = {}
        self._began = clock.monotonic()
        self._lines = self._left_out = 0

    def pass_one(self, place: Hashable) -> int | None:
        """Return None to drop the line, else the number of lines dropped since the last one.

        The number includes lines of the same location, and lines above ``most``.
        """
        now = self._clock.monotonic()
        left_out = self._pass_place(place, now)
        if left_out is None:
            return None
        if now - self._began >= self._period:
            self._began, self._lines = now, 0
        if self._lines >= self._most:
            self._left_out += 1
            return None
        self._lines += 1
        left_out += self._left_out
        self._left_out = 0
        return left_out

    def _pass_place(self, place: Hashable, now: float) -> int | None:
        state = self._places.get(place)
        if state is None:
            if len(self._places) >= _MAX_PLACES:
                self._places.clear()
            self._places[place] = now, 1
            return 0
        began, lines = state
        if now - began >= self._period:
            self._places[place] = now, 1
            return max(0, lines - self._burst)
        self._places[place] = began, lines + 1
        return 0 if lines < self._burst else None
