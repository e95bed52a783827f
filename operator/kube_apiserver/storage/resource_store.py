"""The objects of one resource in key order, with the history for watches and paginated lists.

When the history is full, its older half is dropped, and readers that need that half get `Compacted`. A past state is
not copied: it is the current state with the later changes undone, so an open continue token costs no memory.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterator, Sequence
from operator import attrgetter
from typing import Protocol

from kube_apiserver.storage.records import Change, Item

_revision_of = attrgetter("revision")


class Compacted(Exception):
    """The requested revision is no longer in the history.

    Attributes:
        asked: the requested revision.
        oldest: the oldest revision that is available.
    """

    def __init__(self, asked: int, oldest: int) -> None:
        self.asked = asked
        self.oldest = oldest
        super().__init__(f"too old resource version: {asked} ({oldest})")


class Listener(Protocol):
    """A callback for new changes."""

    def __call__(self) -> None:
        """Handle the notification. It must be fast and must not raise."""


class ResourceStore:
    """The objects of one resource.

    Attributes:
        items: the current objects by key.
        compacted_revision: the newest revision whose change may be missing from the history.
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
        """Load objects from disk. They have no history."""
        self.items = {item.key: item for item in items}
        self._keys = sorted(self.items)

    def apply(self, change: Change) -> None:
        """Apply a change and append it to the history."""
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
        """Undo the newest change."""
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

    def reshape(self, convert: Callable[[Item], Item]) -> None:
        """Replace each object by ``convert(item)`` at its current revision, without a change in the history."""
        for key, item in self.items.items():
            self.items[key] = convert(item)

    def publish(self) -> None:
        """Notify every listener."""
        for listener in self._listeners:
            listener()

    def compact(self, keep: int = 0) -> None:
        """Drop all but the newest ``keep`` changes from the history."""
        drop = max(0, len(self._history) - keep)
        if drop:
            self.compacted_revision = self._history[drop - 1].revision
            del self._history[:drop]
            self._dropped += drop

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Register a listener for new changes. Return a function that unregisters it."""
        self._listeners.add(listener)
        return lambda: self._listeners.discard(listener)

    @property
    def listener_count(self) -> int:
        """Return the number of listeners."""
        return len(self._listeners)

    def position_after(self, revision: int) -> int:
        """Return the position of the first change after ``revision``.

        Raises:
            Compacted: changes after ``revision`` were dropped.
        """
        if revision < self.compacted_revision:
            raise Compacted(revision, self.compacted_revision)
        return self._dropped + bisect_right(self._history, revision, key=_revision_of)

    @property
    def end(self) -> int:
        """Return the position of the next change."""
        return self._dropped + len(self._history)

    def changes(self, position: int, limit: int) -> Sequence[Change]:
        """Return up to ``limit`` changes from ``position`` on.

        Raises:
            Compacted: the change at ``position`` was dropped.
        """
        start = position - self._dropped
        if start < 0:
            raise Compacted(0, self.compacted_revision)
        return self._history[start : start + limit]

    def page(self, prefix: str, after: str) -> Iterator[Item]:
        """Yield the current items with the key prefix ``prefix`` and a key after ``after``, in key order.

        The bucket must not change during the iteration, so the caller must not await in it.
        """
        keys, items = self._keys, self.items
        for index in range(*self._span(keys, prefix, after)):
            yield items[keys[index]]

    def page_at(self, revision: int, prefix: str, after: str) -> Iterator[Item]:
        """Yield the items as of ``revision``, otherwise like ``page``.

        Raises:
            Compacted: the history does not reach back to ``revision``.
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
