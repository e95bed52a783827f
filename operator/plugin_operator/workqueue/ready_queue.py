"""Ready items of a work queue, in the order of hand-out.

Owns priorities and fairness between them. Leaves deduplication and the processing set to ``queue``.
"""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

import msgspec

T = TypeVar("T", bound=Hashable)

#: Priority of items from the initial list, a resync or a reload; controller-runtime's ``handler.LowPriority``.
LOW_PRIORITY = -100

#: While lower priorities wait, one of this many items is the longest-waiting item of a lower priority.
FAIR_SHARE = 16

_USUAL = frozenset({0, LOW_PRIORITY})


class Entry(msgspec.Struct, Generic[T], gc=False, eq=False):
    """One item inside a queue, compared by identity, so that no operation calls the item's ``__eq__`` or ``__hash__``.

    Attributes:
        item: the item as it was added.
        level: level in which it is queued, or None.
        priority: priority with which it is queued or was handed out.
        since: monotonic second when it became ready, or was handed out.
    """

    item: T
    level: "Level[T] | None" = None
    priority: int = 0
    since: float = 0.0


class Level(Generic[T]):
    """The entries of one priority."""

    __slots__ = ("items", "priority")

    def __init__(self, priority: int) -> None:
        self.priority = priority
        # A plain dict scans its deleted slots to find the first entry; an OrderedDict is a linked list.
        self.items: OrderedDict[Entry[T], None] = OrderedDict()


class ReadyItems(Generic[T]):
    """Priority queue, first in first out within a priority, without starvation.

    controller-runtime's priority queue starves low priorities while higher ones keep coming. Here one item in
    ``FAIR_SHARE`` is the longest-waiting one of lower priority.

    Only ``level`` can raise, and then it changes nothing; all other methods compare and hash by identity.
    """

    __slots__ = ("_count", "_levels", "_passed_over", "normal")

    def __init__(self) -> None:
        self.normal: Level[T] = Level(0)
        self._levels: list[Level[T]] = [self.normal, Level(LOW_PRIORITY)]
        self._count = 0
        self._passed_over = 0

    def __len__(self) -> int:
        return self._count

    def level(self, priority: int) -> Level[T]:
        """Return the level of a priority, created if needed; unless ``push`` follows, the next call drops it."""
        for level in self._levels:
            if level.priority == priority:
                return level
        level = Level(priority)
        others = [other for other in self._levels if other.items or other.priority in _USUAL]
        others.insert(sum(other.priority > priority for other in others), level)
        self._levels = others
        return level

    def push(self, entry: Entry[T], level: Level[T], now: float) -> None:
        """Append an entry to ``level``; it must not be queued already."""
        entry.level = level
        entry.priority = level.priority
        entry.since = now
        level.items[entry] = None
        self._count += 1

    def put_back(self, entry: Entry[T], since: float) -> None:
        """Undo the last ``pop``, which returned ``entry``; ``since`` restores its waiting time."""
        self.push(entry, self.level(entry.priority), since)
        if entry.level is not None:
            entry.level.items.move_to_end(entry, last=False)

    def move(self, entry: Entry[T], level: Level[T]) -> None:
        """Move a queued entry to another level; it keeps its waiting time, as in client-go."""
        old = entry.level
        if old is None:
            return
        del old.items[entry]
        self._count -= 1
        self.push(entry, level, entry.since)
        self._drop_if_unusual(old)

    def discard(self, entry: Entry[T]) -> None:
        """Remove a queued entry; does nothing for one that is not queued."""
        level, entry.level = entry.level, None
        if level is not None:
            del level.items[entry]
            self._count -= 1
            self._drop_if_unusual(level)

    def pop(self) -> Entry[T] | None:
        """Remove the next entry and return it, or None if there is none."""
        if not self._count:
            return None
        for level in self._levels:
            if level.items:
                break
        if self._count != len(level.items):
            self._passed_over += 1
            if self._passed_over >= FAIR_SHARE:
                self._passed_over = 0
                level = self._longest_waiting_below(level)
        entry, _ = level.items.popitem(last=False)
        entry.level = None
        self._count -= 1
        if not level.items and level.priority not in _USUAL:
            self._levels.remove(level)
        return entry

    def depth(self) -> dict[int, int]:
        """Return the number of items per priority, without empty priorities."""
        return {level.priority: len(level.items) for level in self._levels if level.items}

    def _longest_waiting_below(self, top: Level[T]) -> Level[T]:
        lower = [level for level in self._levels if level.items and level is not top]
        return min(lower, key=lambda level: next(iter(level.items)).since)

    def _drop_if_unusual(self, level: Level[T]) -> None:
        # Plugin authors choose priorities freely: drop empty levels, so that their number stays bounded.
        if not level.items and level.priority not in _USUAL:
            self._levels.remove(level)
