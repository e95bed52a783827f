"""All objects of one resource, in key order, with the history that watches and old list pages read.

The history is a ring by count: once it is full its older half goes, and who needs that half is told `Compacted`.
A past state is never copied: it is the present rolled back by the history, so an open continue token costs nothing.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterator, Sequence
from operator import attrgetter
from typing import Protocol

from kube_apiserver.storage.records import Change, Item

_revision_of = attrgetter("revision")


class Compacted(Exception):
    """The asked-for revision is no longer in the history.

    Attributes:
        asked: the revision that was asked for.
        oldest: the oldest revision that could have been served.
    """

    def __init__(self, asked: int, oldest: int) -> None:
        self.asked = asked
        self.oldest = oldest
        super().__init__(f"too old resource version: {asked} ({oldest})")


class Listener(Protocol):
    """Somebody who wants to know that there is something new."""

    def __call__(self) -> None:
        """Take note; must be cheap and must not raise."""


class ResourceStore:
    """The objects of one resource.

    Attributes:
        items: the present objects by key.
        compacted_revision: the newest revision that may be gone from the history.
    """

    __slots__ = ("_capacity", "_dropped", "_history", "_keys", "_listeners", "compacted_revision", "items", "name")

    def __init__(self, name: str, capacity: int, compacted_revision: int) -> None:
        self.name = name
        self.items: dict[str, Item] = {}
        self.compacted_revision = compacted_revision
        self._keys: list[str] = []
        self._history: list[Change] = []
        self._dropped = 0
        self._capacity = capacity
        self._listeners: set[Listener] = set()

    def restore(self, items: Sequence[Item]) -> None:
        """Take over objects read from disk; they have no history."""
        self.items = {item.key: item for item in items}
        self._keys = sorted(self.items)

    def apply(self, change: Change) -> None:
        """Make a change the newest one and wake who waits."""
        item = change.item
        if change.type == "DELETED":
            del self.items[item.key]
            del self._keys[bisect_left(self._keys, item.key)]
        else:
            if change.previous is None:
                insort(self._keys, item.key)
            self.items[item.key] = item
        self._history.append(change)
        if len(self._history) > 2 * self._capacity:
            self.compact(keep=self._capacity)

    def revert(self, change: Change) -> None:
        """Take a change back; those after it must have been taken back before."""
        key = change.item.key
        if change.previous is None:
            del self.items[key]
            del self._keys[bisect_left(self._keys, key)]
        else:
            if key not in self.items:
                insort(self._keys, key)
            self.items[key] = change.previous
        if self._history and self._history[-1] is change:
            self._history.pop()

    def restate(self, restated: Callable[[Item], Item]) -> None:
        """Exchange each present object for another form of it, under the revision it has; that is no change."""
        for key, item in self.items.items():
            self.items[key] = restated(item)

    def publish(self) -> None:
        """Wake every listener."""
        for listener in self._listeners:
            listener()

    def compact(self, keep: int = 0) -> None:
        """Forget all but the newest ``keep`` changes."""
        drop = max(0, len(self._history) - keep)
        if drop:
            self.compacted_revision = self._history[drop - 1].revision
            del self._history[:drop]
            self._dropped += drop

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call ``listener`` after each write; returns what ends it."""
        self._listeners.add(listener)
        return lambda: self._listeners.discard(listener)

    @property
    def listener_count(self) -> int:
        """How many are listening."""
        return len(self._listeners)

    def position_after(self, revision: int) -> int:
        """Return the place in the history of the first change after ``revision``.

        Raises:
            Compacted: changes after it are gone.
        """
        if revision < self.compacted_revision:
            raise Compacted(revision, self.compacted_revision)
        return self._dropped + bisect_right(self._history, revision, key=_revision_of)

    @property
    def end(self) -> int:
        """The place in the history where the next change will stand."""
        return self._dropped + len(self._history)

    def changes(self, position: int, limit: int) -> Sequence[Change]:
        """Return up to ``limit`` changes from a place on.

        Raises:
            Compacted: the place is gone: the reader was too slow.
        """
        start = position - self._dropped
        if start < 0:
            raise Compacted(0, self.compacted_revision)
        return self._history[start : start + limit]

    def page(self, prefix: str, after: str) -> Iterator[Item]:
        """Yield the present items whose key begins with ``prefix`` and comes after ``after``, in key order.

        The bucket must not change while this is read: read it without an await in between.
        """
        keys, items = self._keys, self.items
        for index in range(*self._span(keys, prefix, after)):
            yield items[keys[index]]

    def page_at(self, revision: int, prefix: str, after: str) -> Iterator[Item]:
        """Yield the items as they were at ``revision``.

        Raises:
            Compacted: the history does not reach back so far.
        """
        changed: dict[str, Item | None] = {}
        for change in reversed(self._history[self.position_after(revision) - self._dropped :]):
            changed[change.item.key] = change.previous
        if not changed:
            yield from self.page(prefix, after)
            return
        keys = sorted(self.items.keys() | changed.keys())
        for index in range(*self._span(keys, prefix, after)):
            key = keys[index]
            item = changed[key] if key in changed else self.items[key]
            if item is not None:
                yield item

    @staticmethod
    def _span(keys: Sequence[str], prefix: str, after: str) -> tuple[int, int]:
        start = bisect_right(keys, after) if after else bisect_left(keys, prefix)
        stop = bisect_left(keys, prefix + "\U0010ffff") if prefix else len(keys)
        return start, max(start, stop)
