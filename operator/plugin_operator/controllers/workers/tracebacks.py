"""Rate limit of tracebacks in logs.

Owns the decision only. Rendering a traceback costs seventy times as much as a reconcile, and thousands of keys that
fail at the same line need one traceback.
"""

from types import TracebackType

from plugin_operator.clock import Clock
from plugin_operator.containment import LineLimiter
from plugin_operator.rendering import qualified_class_name, traceback_of

#: Interval of tracebacks of the same failure; in between, the log line has its message only.
SHOW_EVERY_SECONDS = 10.0

#: Most tracebacks of all code locations in that interval, because the number of locations is unbounded.
MOST = 30

_MAX_PLACES = 256

# Names, not types: an exception class would keep the plugin's module alive.
_Place = tuple[str, str, str, int]


class TracebackThrottle:
    """Allows one traceback per interval for each code location where a revision fails.

    Args:
        clock: measures.
    """

    __slots__ = ("_clock", "_limiter", "_shown")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._limiter = LineLimiter(clock, burst=MOST, period_seconds=SHOW_EVERY_SECONDS)
        self._shown: dict[_Place, float] = {}

    def should_show(self, revision: str, error: BaseException) -> bool:
        """Return whether to log the traceback of this failure, and record that it was logged."""
        now = self._clock.monotonic()
        place = (revision, qualified_class_name(error), *_raised_at(traceback_of(error)))
        shown = self._shown.get(place)
        if shown is not None and now - shown < SHOW_EVERY_SECONDS:
            return False
        if self._limiter.pass_one("") is None:
            return False
        if len(self._shown) >= _MAX_PLACES:
            self._shown.clear()
        self._shown[place] = now
        return True


def _raised_at(traceback: TracebackType | None) -> tuple[str, int]:
    if traceback is None:
        return "", 0
    while traceback.tb_next is not None:
        traceback = traceback.tb_next
    return traceback.tb_frame.f_code.co_filename, traceback.tb_lineno
