"""Which failures deserve a traceback in the log.

Owns the decision only. Rendering a traceback costs seventy times what a reconcile does, and fifty thousand keys that
fail at the same line tell no more than one.
"""

from types import TracebackType

from plugin_operator.clock import Clock
from plugin_operator.containment import LineLimiter
from plugin_operator.rendering import qualified_class_name, traceback_of

#: The same failure shows its traceback once in so many seconds; in between, a line with its message.
SHOW_EVERY_SECONDS = 10.0

#: So many tracebacks of all places in these seconds: classes, and so places, can be as many as there are failures.
MOST = 30

_MAX_PLACES = 256

# Names and not types: an exception class would keep its plugin's module alive.
_Place = tuple[str, str, str, int]


class TracebackThrottle:
    """Lets one traceback through for each place where a revision fails, now and then.

    Args:
        clock: measures.
    """

    __slots__ = ("_clock", "_limiter", "_shown")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._limiter = LineLimiter(clock, burst=MOST, period_seconds=SHOW_EVERY_SECONDS)
        self._shown: dict[_Place, float] = {}

    def should_show(self, revision: str, error: BaseException) -> bool:
        """Return whether this failure's traceback should be logged, and remember that it was."""
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
