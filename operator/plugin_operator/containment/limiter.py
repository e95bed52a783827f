"""Limits lines in the log that say the same again."""

from collections.abc import Hashable

from plugin_operator.clock import Clock

_MAX_PLACES = 256


class LineLimiter:
    """Lets a burst of lines through for each place, then counts them for the first line of the next period.

    Args:
        clock: measures.
        burst: lines for each place and period.
        period_seconds: length of a period.
    """

    __slots__ = ("_burst", "_clock", "_period", "_places")

    def __init__(self, clock: Clock, *, burst: int, period_seconds: float) -> None:
        self._clock = clock
        self._burst = burst
        self._period = period_seconds
        self._places: dict[Hashable, tuple[float, int]] = {}

    def pass_one(self, place: Hashable) -> int | None:
        """Return None to leave the line out, else how many lines of this place were left out since the last one."""
        now = self._clock.monotonic()
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
