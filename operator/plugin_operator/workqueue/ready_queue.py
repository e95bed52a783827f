"""The items that can be handed out now, in the order in which they should be.

Owns priorities and fairness between them. Which items may be here (each once, none that is being processed) is the
queue's to see to.
"""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

import msgspec

T = TypeVar("T", bound=Hashable)

#: What the initial list, a resync or a reload brings; controller-runtime's ``handler.LowPriority``.
LOW_PRIORITY = -100

#: While lower priorities wait, every so manieth item handed out is the longest waiting of them.
FAIR_SHARE = 16

_USUAL = frozenset({0, LOW_PRIORITY})


class Entry(msgspec.Struct, Generic[T], gc=False, eq=False):
    """One item inside a queue, known by identity: nothing that is done with it calls the item's own code.

    Attributes:
        item: what was added.
        level: where it waits; None while it does not.
        priority: with which it waits, or was handed out.
        since: when it became ready, or was handed out.
    """

    item: T
    level: "Level[T] | None" = None
    priority: int = 0
    since: float = 0.0


class Level(Generic[T]):
    """The entries that wait with one priority."""

    __slots__ = ("items", "priority")

    def __init__(self, priority: int) -> None:
        self.priority = priority
        # An ordinary dict walks over its dead entries to find the first live one; this one is linked.
        self.items: OrderedDict[Entry[T], None] = OrderedDict()


class ReadyItems(Generic[T]):
    """Higher priority first, first in first out inside, and nothing starves.

    controller-runtime's priority queue may starve low priorities for as long as higher ones keep coming; here one item
    in ``FAIR_SHARE`` is the longest waiting of the lower ones.

    Only ``level`` can raise, and it changes nothing then: everything else is compared and hashed by identity.
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
        """Return the level of a priority, made if there is none; ``push`` must follow, or the next one drops it."""
        for level in self._levels:
            if level.priority == priority:
                return level
        level = Level(priority)
        others = [other for other in self._levels if other.items or other.priority in _USUAL]
        others.insert(sum(other.priority > priority for other in others), level)
        self._levels = others
        return level

    def push(self, entry: Entry[T], level: Level[T], now: float) -> None:
        """Add an entry that does not wait, as the last of its level."""
        entry.level = level
        entry.priority = level.priority
        entry.since = now
        level.items[entry] = None
        self._count += 1

    def put_back(self, entry: Entry[T], since: float) -> None:
        """Undo the ``pop`` that has just returned ``entry``, which had waited since then."""
        self.push(entry, self.level(entry.priority), since)
        if entry.level is not None:
            entry.level.items.move_to_end(entry, last=False)

    def move(self, entry: Entry[T], level: Level[T]) -> None:
        """Let an entry that waits do so elsewhere; the time it has waited moves along, as in client-go."""
        old = entry.level
        if old is None:
            return
        del old.items[entry]
        self._count -= 1
        self.push(entry, level, entry.since)
        self._drop_if_unusual(old)

    def pop(self) -> Entry[T] | None:
        """Take the next entry out and return it, or None."""
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
        """Return the number of items by priority, for those that have any."""
        return {level.priority: len(level.items) for level in self._levels if level.items}

    def _longest_waiting_below(self, top: Level[T]) -> Level[T]:
        lower = [level for level in self._levels if level.items and level is not top]
        return min(lower, key=lambda level: next(iter(level.items)).since)

    def _drop_if_unusual(self, level: Level[T]) -> None:
        # Priorities come from authors and may be any number: a level must not outlive its items.
        if not level.items and level.priority not in _USUAL:
            self._levels.remove(level)
