"""The store of one informer.

Owns the objects and their indexes, and reports every change to a sink. Only the reflector writes it; all other code
reads through ``lister``. Each namespace has a dict of its own, which serves as the namespace index.
"""

from collections.abc import Iterable, Iterator
from sys import intern
from typing import Protocol

from plugin_operator.cache.index import Index
from plugin_operator.cache.objects import CachedObject


class ChangeSink(Protocol):
    """Receiver of store changes, in order, after each change. Must be fast and must not raise."""

    def added(self, new: CachedObject) -> None:
        """Handle an addition."""

    def updated(self, old: CachedObject, new: CachedObject) -> None:
        """Handle the replacement of ``old`` by ``new``."""

    def deleted(self, old: CachedObject) -> None:
        """Handle a deletion; ``old`` is the last known state."""


class Store:
    """Objects by namespace and name.

    Args:
        sink: receives every change.
    """

    __slots__ = ("_count", "_epoch", "_indexes", "_is_listing", "_sink", "_spaces")

    def __init__(self, sink: ChangeSink) -> None:
        self._sink = sink
        self._spaces: dict[str, dict[str, CachedObject]] = {}
        self._indexes: list[Index] = []
        self._count = 0
        self._epoch = 0
        self._is_listing = False

    def upsert(self, new: CachedObject) -> None:
        """Store ``new``, unless that version is stored already.

        A list may contain a known name with a new uid: the object was deleted and created again without a watch. The
        store reports a deletion and an addition, because an update would not change the generation, which is 1.
        """
        namespace, name = new.namespace, new.name
        space = self._spaces.get(namespace)
        if space is None:
            space = self._spaces[namespace] = {}
        old = space.get(name)
        if old is not None and old.resource_version == new.resource_version and old.raw == new.raw:
            old.epoch = self._epoch
            return
        if self._is_listing and old is not None and old.uid != new.uid:
            self.remove(old)
            space, old = self._spaces.setdefault(namespace, {}), None
        new.epoch = self._epoch
        if old is None:
            self._count += 1
            new.namespace = intern(namespace)  # one str per namespace saves memory
        else:
            # The dict keeps the old str as its key; sharing it saves memory.
            new.namespace, new.name = old.namespace, old.name
        space[name] = new
        if self._indexes:
            self._reindex(old, new)
        if old is None:
            self._sink.added(new)
        else:
            self._sink.updated(old, new)

    def remove(self, last: CachedObject) -> None:
        """Remove an object; ``last`` is its final state. Does nothing if it is not stored."""
        space = self._spaces.get(last.namespace)
        old = space.pop(last.name, None) if space else None
        if space is None or old is None:
            return
        if not space:
            del self._spaces[last.namespace]
        self._count -= 1
        if self._indexes:
            self._reindex(old, None)
        self._sink.deleted(last)

    def forget(self, obj: CachedObject) -> None:
        """Drop an object that still exists and that this process no longer follows; the sink does not learn of it."""
        space = self._spaces.get(obj.namespace)
        if space is None or space.pop(obj.name, None) is None:
            return
        if not space:
            del self._spaces[obj.namespace]
        self._count -= 1
        if self._indexes:
            self._reindex(obj, None)

    def begin_list(self) -> None:
        """Begin a list: ``upsert`` marks its items. A second call restarts the list."""
        self._epoch += 1
        self._is_listing = True

    def end_list(self) -> None:
        """End a complete list: remove the objects that it did not contain."""
        self._is_listing = False
        for obj in [obj for obj in self if obj.epoch != self._epoch]:
            self.remove(obj)

    def get(self, namespace: str, name: str) -> CachedObject | None:
        """Return an object, or None."""
        space = self._spaces.get(namespace)
        return None if space is None else space.get(name)

    def has_namespaces(self) -> bool:
        """Report whether an object in the store has a namespace."""
        return any(list(self._spaces))

    def in_namespace(self, namespace: str) -> Iterable[CachedObject]:
        """Return a snapshot of the objects in one namespace."""
        return list(self._spaces.get(namespace, {}).values())

    def add_index(self, index: Index) -> None:
        """Enter every change from now on into an index; objects that are here already are not in it yet."""
        self._indexes.append(index)

    def remove_index(self, index: Index) -> None:
        """Leave an index as it is from now on; harmless if it was never added."""
        self._indexes = [each for each in self._indexes if each is not index]

    def __iter__(self) -> Iterator[CachedObject]:
        # list() copies atomically under the GIL: plain def reconcilers read in threads while the reflector writes.
        for space in list(self._spaces.values()):
            yield from list(space.values())

    def __len__(self) -> int:
        return self._count

    def _reindex(self, old: CachedObject | None, new: CachedObject | None) -> None:
        for index in self._indexes:
            if new is not None:
                index.put(new)
            elif old is not None:
                index.discard(old)
