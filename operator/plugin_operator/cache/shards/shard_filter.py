"""The filter before the store of a cache of shards.

Owns which objects are kept. It checks every object by its hash, because a server without the feature sends all of them,
and behind one address servers with and without it may answer in turn.

A gained range is listed alone, and the watch of all ranges then opens from the older of the two versions. So events
come again that a list has shown: what is not newer than the list of its range, or than the stored object, is dropped.
"""

from collections.abc import Callable, Iterator
from typing import cast

from plugin_operator.cache.objects import CachedObject
from plugin_operator.cache.shards.objects import ShardedObject
from plugin_operator.cache.store import Store
from plugin_operator.kube import NamespacedName
from plugin_operator.kube.shards import ShardRanges


class ShardFilter:
    """The ``Mirror`` of a sharded reflector: passes the objects of its ranges to a store.

    Args:
        store: keeps the objects.
        moves: whether an object may move to another shard, as a child does with its owner.
        on_held: called when ``held`` has grown.

    Attributes:
        wanted: the ranges to keep.
        held: the ranges of which all objects are in the store.
        asked: the ranges that the server was asked for.
        was_ignored: whether the server has sent an object of other ranges since the last list of all ranges.
    """

    __slots__ = (
        "_accepted",
        "_listing",
        "_moves",
        "_on_held",
        "_seen",
        "_store",
        "asked",
        "held",
        "wanted",
        "was_ignored",
    )

    def __init__(self, store: Store, *, moves: bool, on_held: Callable[[], None]) -> None:
        self._store = store
        self._moves = moves
        self._on_held = on_held
        self._listing = self._accepted = ShardRanges()
        #: Ranges, and the version up to which a list has shown their changes.
        self._seen: list[tuple[ShardRanges, int]] = []
        self.wanted = self.held = ShardRanges()
        self.asked = ShardRanges.everything()
        self.was_ignored = False

    @property
    def gained(self) -> ShardRanges:
        """The wanted ranges that are not held."""
        return self.wanted - self.held

    def want(self, ranges: ShardRanges) -> None:
        """Keep these ranges from now on; objects of others leave the store without an event."""
        self.wanted = ranges
        before = self._accepted
        self._accept(self.held & ranges, self._listing & ranges)
        if before - self._accepted:
            for obj in [obj for obj in self if obj.shard not in self._accepted]:
                self._store.forget(obj)

    def begin_whole(self) -> ShardRanges:
        """Begin a list of all wanted ranges, and return them."""
        self._seen.clear()
        self.was_ignored = False
        self._accept(self.held, self.wanted)
        return self._listing

    def begin_list(self) -> None:
        """Begin, or begin again, the list of ``begin_whole``."""
        self._store.begin_list()

    def end_list(self) -> None:
        """End the list of ``begin_whole``: what it did not contain leaves the store."""
        self._store.end_list()
        self._hold(self._listing)

    def begin_part(self) -> "GainedPart":
        """Begin a list of the gained ranges, and return what takes it."""
        self._accept(self.held, self.gained)
        return GainedPart(
            self._store,
            self._listing,
            is_wanted=lambda obj: obj.shard in self._listing,
            on_other=self._note_other,
            moves=self._moves,
        )

    def end_part(self, listed: int | None) -> None:
        """End the list of ``begin_part``.

        Args:
            listed: version of the list, if the watch opens from an older one; else None.
        """
        if listed is not None:
            self._seen.append((self._listing, listed))
        self._hold(self.held | self._listing)

    def upsert(self, new: ShardedObject) -> None:
        """Store an object of the ranges."""
        if self._seen and self._is_known(new):
            return
        if new.shard in self._accepted:
            self._store.upsert(new)
        elif self._moves and (old := self._store.get(new.namespace, new.name)) is not None:
            self._store.remove(old)  # its last owner here, and not the new one elsewhere, has to learn of it
        elif not self.was_ignored:
            self._note_other(new)

    def remove(self, last: ShardedObject) -> None:
        """Remove an object of the ranges."""
        if self._seen and self._is_known(last):
            return
        if last.shard in self._accepted:
            self._store.remove(last)

    def __iter__(self) -> Iterator[ShardedObject]:
        return cast("Iterator[ShardedObject]", iter(self._store))

    def _note_other(self, obj: ShardedObject) -> None:
        """Note an object that is not kept: was it asked for?"""
        if obj.shard not in self.asked:
            self.was_ignored = True

    def _accept(self, held: ShardRanges, listing: ShardRanges) -> None:
        self.held, self._listing, self._accepted = held, listing, held | listing

    def _hold(self, ranges: ShardRanges) -> None:
        self._accept(ranges, ShardRanges())
        self._on_held()

    def _is_known(self, obj: ShardedObject) -> bool:
        """Report whether a list has shown this version, or a later one, of the object."""
        version = version_of(obj)
        if version is None:
            return False
        if all(version > listed for _, listed in self._seen):
            self._seen.clear()
            return False
        stored = self._store.get(obj.namespace, obj.name)
        known = version_of(stored) if stored is not None else None
        is_listed = any(version <= listed and obj.shard in ranges for ranges, listed in self._seen)
        if is_listed and stored is not None and known is not None and known < version:
            # It moved into the gained range, and the list would have a later version if it were there still.
            self._store.remove(stored)
        return is_listed or (known is not None and version < known)


class GainedPart:
    """The ``Mirror`` of a list of gained ranges, which leaves the other objects alone.

    Args:
        store: keeps the objects.
        ranges: the gained ranges.
        is_wanted: whether an object belongs to a gained range that has not been lost again.
        on_other: called with each object that does not.
        moves: whether an object may move to another shard.
    """

    __slots__ = ("_is_wanted", "_listed", "_moves", "_on_other", "_store", "ranges")

    def __init__(
        self,
        store: Store,
        ranges: ShardRanges,
        *,
        is_wanted: Callable[[ShardedObject], bool],
        on_other: Callable[[ShardedObject], None],
        moves: bool,
    ) -> None:
        self._store = store
        self._is_wanted = is_wanted
        self._on_other = on_other
        self._moves = moves
        self._listed: set[NamespacedName] = set()
        self.ranges = ranges

    def begin_list(self) -> None:
        """Begin, or begin again."""
        self._listed.clear()

    def upsert(self, new: ShardedObject) -> None:
        """Store an object of a gained range."""
        if not self._is_wanted(new):
            self._on_other(new)
            return
        self._listed.add(new.key)
        old = cast("ShardedObject | None", self._store.get(new.namespace, new.name))
        if old is not None and not self._moves and old.shard != new.shard:
            self._store.remove(old)  # another object of the same name, whose deletion the watch has not brought yet
        self._store.upsert(new)

    def remove(self, last: ShardedObject) -> None:
        """Do nothing: a list removes nothing before its end."""

    def end_list(self) -> None:
        """Remove what an earlier attempt has listed and this one has not."""
        for obj in list(self):
            if self._is_wanted(obj) and obj.key not in self._listed:
                self._store.remove(obj)

    def __iter__(self) -> Iterator[ShardedObject]:
        return cast("Iterator[ShardedObject]", iter(self._store))


def version_of(obj: CachedObject) -> int | None:
    """Return the resource version as a number; None if it is none, so that it has no order."""
    return int(obj.resource_version) if obj.resource_version.isdecimal() else None
