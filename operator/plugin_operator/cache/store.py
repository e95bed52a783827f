"""The objects of one informer, as the server has them.

Owns the objects and their indexes, and tells a sink about every change. It is written by the reflector alone; everybody
else reads through ``lister``. Objects are kept in one dict for each namespace, which is the namespace index.
"""

from collections.abc import Callable, Iterable, Iterator
from sys import intern
from typing import Protocol

from plugin_operator.cache.index import Index
from plugin_operator.cache.objects import CachedObject
from plugin_operator.kube import Object

IndexFunction = Callable[[Object], Iterable[str]]


class ChangeSink(Protocol):
    """Hears of every change, in order, after it was made. Must be quick and must not raise."""

    def added(self, new: CachedObject) -> None:
        """``new`` was not there before."""

    def updated(self, old: CachedObject, new: CachedObject) -> None:
        """``new`` took the place of ``old``."""

    def deleted(self, old: CachedObject) -> None:
        """``old``, in its last known state, is gone."""


class Store:
    """Objects by namespace and name.

    Args:
        sink: is told about every change.
    """

    __slots__ = ("_count", "_epoch", "_indexes", "_is_listing", "_sink", "_spaces")

    def __init__(self, sink: ChangeSink) -> None:
        self._sink = sink
        self._spaces: dict[str, dict[str, CachedObject]] = {}
        self._indexes: dict[str, Index] = {}
        self._count = 0
        self._epoch = 0
        self._is_listing = False

    def upsert(self, new: CachedObject) -> None:
        """Keep ``new``; the version that is kept already is no change.

        A list may bring an object of a known name that was deleted and made anew while nobody watched. That is told
        as both, for as a change it may look like none: both have the generation 1.
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
            new.namespace = intern(namespace)  # one text for all objects of a namespace
        else:
            # The dict keeps the old text as its key, so the new object may as well share it.
            new.namespace, new.name = old.namespace, old.name
        space[name] = new
        if self._indexes:
            self._reindex(old, new)
        if old is None:
            self._sink.added(new)
        else:
            self._sink.updated(old, new)

    def remove(self, last: CachedObject) -> None:
        """Forget an object whose last state is ``last``; one that is not there is no change."""
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

    def begin_list(self) -> None:
        """From now on ``upsert`` brings the items of a complete list; a list that is begun anew starts over."""
        self._epoch += 1
        self._is_listing = True

    def end_list(self) -> None:
        """The list is complete: what it did not contain is gone."""
        self._is_listing = False
        for obj in [obj for obj in self if obj.epoch != self._epoch]:
            self.remove(obj)

    def get(self, namespace: str, name: str) -> CachedObject | None:
        """Return an object, or None."""
        space = self._spaces.get(namespace)
        return None if space is None else space.get(name)

    def in_namespace(self, namespace: str) -> Iterable[CachedObject]:
        """Return the objects of one namespace, as they are now."""
        return list(self._spaces.get(namespace, {}).values())

    def add_index(self, name: str, function: IndexFunction) -> None:
        """Keep an index over all objects, present and future.

        Raises:
            ValueError: the name stands for another function already.
        """
        existing = self._indexes.get(name)
        if existing is not None:
            if existing.function is not function:
                raise ValueError(f"the index {name!r} exists with another function")
            return
        index = Index(name, function)
        for obj in self:
            index.put(obj)
        self._indexes[name] = index

    def index(self, name: str) -> Index:
        """Return an index.

        Raises:
            KeyError: there is none of that name.
        """
        return self._indexes[name]

    def __iter__(self) -> Iterator[CachedObject]:
        # Copies, made in one step of the interpreter: plain reconcilers read in threads while the reflector writes.
        for space in list(self._spaces.values()):
            yield from list(space.values())

    def __len__(self) -> int:
        return self._count

    def _reindex(self, old: CachedObject | None, new: CachedObject | None) -> None:
        for index in self._indexes.values():
            if old is not None:
                index.discard(old)
            if new is not None:
                index.put(new)
