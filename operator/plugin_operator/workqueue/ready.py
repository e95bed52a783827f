"""The items that can be handed out now, in the order in which they should be.

Owns priorities and fairness between them. Which items may be here (each once, none that is being processed) is the
queue's to see to.
"""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

T = TypeVar("T", bound=Hashable)

#: What the initial list, a resync or a reload brings; controller-runtime's ``handler.LowPriority``.
LOW_PRIORITY = -100

#: While lower priorities wait, every so manieth item handed out is the longest waiting of them.
FAIR_SHARE = 16

_USUAL = frozenset({0, LOW_PRIORITY})


class _Level(Generic[T]):
    __slots__ = ("items", "priority")

    def __init__(self, priority: int) -> None:
        self.priority = priority
        # An ordinary dict walks over its dead entries to find the first live one; this one is linked.
        self.items: OrderedDict[T, float] = OrderedDict()


class ReadyItems(Generic[T]):
    """Higher priority first, first in first out inside, and nothing starves.

    controller-runtime's priority queue may starve low priorities for as long as higher ones keep coming; here one item
    in ``FAIR_SHARE`` is the longest waiting of the lower ones.
    """

    __slots__ = ("_levels", "_normal", "_passed_over", "_priorities")

    def __init__(self) -> None:
        self._normal: _Level[T] = _Level(0)
        self._levels: list[_Level[T]] = [self._normal, _Level(LOW_PRIORITY)]
        self._priorities: dict[T, int] = {}
        self._passed_over = 0

    def __len__(self) -> int:
        return len(self._priorities)

    def __contains__(self, item: T) -> bool:
        return item in self._priorities

    def push(self, item: T, priority: int, now: float) -> bool:
        """Add ``item`` unless it is there; raise its priority if the new one is higher. Return whether it was added."""
        current = self._priorities.get(item)
        if current is not None:
            if priority > current:
                # The time it has waited moves along: it counts from the first add, as in client-go.
                now = self._level(current).items.pop(item)
                self._level(priority).items[item] = now
                self._priorities[item] = priority
                self._tidy(current)
            return False
        self._priorities[item] = priority
        level = self._normal if priority == 0 else self._level(priority)
        level.items[item] = now
        return True

    def pop(self) -> tuple[T, int, float] | None:
        """Take the next item out; return it with its priority and the time it was added, or None."""
        priorities = self._priorities
        if not priorities:
            return None
        for level in self._levels:
            if level.items:
                break
        if len(priorities) != len(level.items):
            self._passed_over += 1
            if self._passed_over >= FAIR_SHARE:
                self._passed_over = 0
                level = self._longest_waiting_below(level)
        item, since = level.items.popitem(last=False)
        priority = priorities.pop(item)
        if not level.items and level.priority not in _USUAL:
            self._levels.remove(level)
        return item, priority, since

    def depth(self) -> dict[int, int]:
        """Return the number of items by priority, for those that have any."""
        return {level.priority: len(level.items) for level in self._levels if level.items}

    def _level(self, priority: int) -> _Level[T]:
        for level in self._levels:
            if level.priority == priority:
                return level
        level = _Level(priority)
        self._levels.insert(sum(other.priority > priority for other in self._levels), level)
        return level

    def _longest_waiting_below(self, top: _Level[T]) -> _Level[T]:
        lower = [level for level in self._levels if level.items and level is not top]
        return min(lower, key=lambda level: next(iter(level.items.values())))

    def _tidy(self, priority: int) -> None:
        # Priorities come from authors and may be anything: a level must not outlive its items.
        if priority not in _USUAL:
            self._levels = [level for level in self._levels if level.items or level.priority in _USUAL]
