"""The limit on deletions: a mistake in a plugin deletes a few children a minute, and a person sees it."""

from collections import deque
from collections.abc import Sequence

from plugin_operator.clock import Clock

_MINUTE_SECONDS = 60.0


class PruneBudget:
    """At most ``most`` deletions in any minute.

    Args:
        most: deletions a minute.
        clock: measures the minute.
        spent: monotonic seconds of earlier deletions; new ones are appended.
    """

    def __init__(self, most: int, clock: Clock, spent: deque[float] | None = None) -> None:
        self.most = most
        self._clock = clock
        self._spent: deque[float] = deque() if spent is None else spent

    def take(self) -> bool:
        """Take one deletion; False if the minute has none left."""
        now = self._clock.monotonic()
        while self._spent and self._spent[0] <= now - _MINUTE_SECONDS:
            self._spent.popleft()
        if len(self._spent) >= self.most:
            return False
        self._spent.append(now)
        return True

    @property
    def free_in_seconds(self) -> float:
        """Time until the next deletion is allowed."""
        if len(self._spent) < self.most or not self._spent:
            return 0.0
        return max(0.0, self._spent[len(self._spent) - self.most] + _MINUTE_SECONDS - self._clock.monotonic())


class PruneBudgets:
    """The deletions of all controllers, which outlive revisions: an edit a second must not buy more of them."""

    def __init__(self) -> None:
        self._spent: dict[str, deque[float]] = {}

    def of(self, ids: Sequence[str], most: int, clock: Clock) -> PruneBudget:
        """Return the budget of a controller, with what its earlier revisions have spent of the minute.

        Args:
            ids: the current id of the controller and the former ones, which share the budget.
            most: deletions a minute.
            clock: measures the minute.
        """
        spent = next((self._spent[each] for each in ids if each in self._spent), deque())
        self._spent |= dict.fromkeys(ids, spent)
        return PruneBudget(most, clock, spent)
