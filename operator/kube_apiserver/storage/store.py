"""The store: all buckets, with one revision counter.

A write is one synchronous step, so writers need no lock, and a reader sees a consistent state between two awaits. With
a journal, a write is visible to clients (`shown`, `page`, watches) and acknowledged (`durable`) once it is on disk. If
the write to disk fails, the store rolls the change back.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol, TypeAlias

from kube_apiserver.storage.cursor import Cursor
from kube_apiserver.storage.records import Change, ChangeType, Item, at_revision, make_item
from kube_apiserver.storage.recovery import REVISION_GAP, Recovered
from kube_apiserver.storage.resource_store import ResourceStore


class JournalFailed(RuntimeError):
    """The write to disk failed, and the change was rolled back."""


class Journal(Protocol):
    """The persistence of writes, as the store uses it."""

    @property
    def problem(self) -> str:
        """Return why writes are rejected at the moment, "" if they are accepted."""

    def append(self, bucket: str, change: Change) -> None:
        """Queue a change. `flushed` waits until it is on disk."""

    async def flushed(self, revision: int) -> None:
        """Wait until the change of ``revision`` is on disk."""


Observer = Callable[[str, Change], None]
#: All objects at one time, by bucket and key.
Contents: TypeAlias = Mapping[str, Mapping[str, Item]]


class Store:
    """The objects of all resources.

    Attributes:
        revision: the revision of the newest write.
    """

    def __init__(self, history_size: int = 20_000, revision: int = 1) -> None:
        self.revision = revision
        self._history_size = history_size
        self._oldest = revision
        self._buckets: dict[str, ResourceStore] = {}
        self._observers: list[Observer] = []
        self._journal: Journal | None = None
        self._published = revision
        self._unpublished: list[tuple[ResourceStore, Change]] = []

    def restore(self, recovered: Recovered) -> None:
        """Load the state that was read from disk. It must be the first call."""
        self.revision = self._published = recovered.revision + REVISION_GAP
        self._oldest = recovered.base
        for name, items in recovered.items.items():
            self.bucket(name).restore(list(items.values()))
        for name, change in recovered.changes:
            self.bucket(name).apply(change)

    def attach(self, journal: Journal) -> None:
        """Append all further changes to a journal."""
        self._journal = journal

    def observe(self, observer: Observer) -> None:
        """Call ``observer(bucket, change)`` on each write, on the event loop. The observer must not write."""
        self._observers.append(observer)

    def bucket(self, name: str) -> ResourceStore:
        """Return the bucket ``name``. It is created on first use."""
        bucket = self._buckets.get(name)
        if bucket is None:
            bucket = self._buckets[name] = ResourceStore(name, self._history_size, self._oldest)
        return bucket

    def buckets(self) -> list[ResourceStore]:
        """Return all buckets."""
        return list(self._buckets.values())

    @property
    def problem(self) -> str:
        """Return why writes are rejected at the moment, "" if they are accepted."""
        return self._journal.problem if self._journal is not None else ""

    def get(self, bucket: str, key: str) -> Item | None:
        """Return the current state of an object for a write to build on, None if absent. It may not be on disk yet."""
        return self.bucket(bucket).items.get(key)

    def shown(self, bucket: str, key: str) -> Item | None:
        """Return the newest state of an object that is on disk, for reads. It is None if absent."""
        for changed, change in self._unpublished:
            if change.item.key == key and changed.name == bucket:
                return change.previous
        return self.get(bucket, key)

    def page(self, bucket: ResourceStore, prefix: str, after: str) -> Iterator[Item]:
        """Yield the items that clients may see as of `published_revision`, like `ResourceStore.page`."""
        if self._unpublished and self._published >= bucket.compacted_revision:
            return bucket.page_at(self._published, prefix, after)
        return bucket.page(prefix, after)

    def put(self, bucket: str, obj: dict[str, Any], api_version: str, kind: str) -> Item:
        """Create or replace an object at the next revision, which becomes the resourceVersion of ``obj``.

        Raises:
            JournalFailed: writes are rejected at the moment.
        """
        self._check_journal()
        item = make_item(obj, self.revision + 1, api_version, kind)
        previous = self.bucket(bucket).items.get(item.key)
        self._commit(bucket, Change("ADDED" if previous is None else "MODIFIED", item.revision, item, previous))
        return item

    def create(self, bucket: str, make: Callable[[int], Item]) -> Item:
        """Create an object whose JSON exists already: ``make`` returns it at a revision.

        Raises:
            JournalFailed: writes are rejected at the moment.
        """
        self._check_journal()
        item = make(self.revision + 1)
        self._commit(bucket, Change("ADDED", item.revision, item, None))
        return item

    def delete(self, bucket: str, obj: dict[str, Any], api_version: str, kind: str) -> Item:
        """Delete an object. ``obj`` is its last state; its resourceVersion becomes the revision of the delete.

        Raises:
            JournalFailed: writes are rejected at the moment.
        """
        self._check_journal()
        item = make_item(obj, self.revision + 1, api_version, kind)
        previous = self.bucket(bucket).items[item.key]
        self._commit(bucket, Change("DELETED", item.revision, item, previous))
        return item

    def contents(self) -> Contents:
        """Return all objects as they are now."""
        return {bucket.name: dict(bucket.items) for bucket in self._buckets.values()}

    def return_to(self, contents: Contents) -> None:
        """Write what differs from ``contents``, an earlier state of this store.

        Each difference is a change at a revision of its own. So watches show it, the journal keeps it, and no revision
        identifies two states. Objects that are as they were keep their revision.

        Raises:
            JournalFailed: writes are rejected at the moment.
        """
        self._check_journal()
        for bucket in self.buckets():
            earlier = contents.get(bucket.name, {})
            for item in list(bucket.items.values()):
                if item.key not in earlier or earlier[item.key].uid != item.uid:
                    self._write_again(bucket, "DELETED", item)
            for key, item in earlier.items():
                there = bucket.items.get(key)
                if there is None:
                    self._write_again(bucket, "ADDED", item)
                elif there is not item and there != at_revision(item, there.revision):
                    # The revision alone differs where an earlier return has written it already.
                    self._write_again(bucket, "MODIFIED", item)

    def _write_again(self, bucket: ResourceStore, kind: ChangeType, item: Item) -> None:
        revision, previous = self.revision + 1, bucket.items.get(item.key)
        self._commit(bucket.name, Change(kind, revision, at_revision(item, revision), previous))

    async def durable(self, revision: int) -> None:
        """Wait until the write of ``revision`` is on disk.

        Raises:
            JournalFailed: the write was rolled back.
        """
        if self._journal is not None:
            await self._journal.flushed(revision)

    def cursor(self, bucket: ResourceStore, revision: int) -> Cursor:
        """Return a cursor at the first change after ``revision``.

        Raises:
            Compacted: changes after ``revision`` were dropped.
        """
        return Cursor(bucket, bucket.position_after(revision), lambda: self._published)

    def compact(self) -> None:
        """Drop the history of every bucket."""
        self._oldest = self._published
        for bucket in self._buckets.values():
            bucket.compact(keep=sum(changed is bucket for changed, _ in self._unpublished))
            bucket.compacted_revision = self._oldest

    def publish(self, revision: int) -> None:
        """Show watchers the changes up to ``revision``. The journal calls it once they are on disk."""
        self._published = max(self._published, revision)
        for name in {bucket.name for bucket, change in self._unpublished if change.revision <= revision}:
            self._buckets[name].publish()
        self._unpublished = [entry for entry in self._unpublished if entry[1].revision > revision]

    def roll_back(self) -> None:
        """Undo every unpublished change. The journal calls it when the write to disk failed."""
        undone, self._unpublished = self._unpublished[::-1], []
        for bucket, change in undone:
            bucket.revert(change)
        # Revisions are not reused, so that none ever identifies two states.
        self._published = self.revision
        for bucket, change in undone:
            for observer in self._observers:
                observer(bucket.name, _inverse(change))

    @property
    def published_revision(self) -> int:
        """Return the newest revision that clients may see."""
        return self._published

    def _check_journal(self) -> None:
        if self.problem:
            raise JournalFailed(self.problem)

    def _commit(self, name: str, change: Change) -> None:
        bucket = self.bucket(name)
        self.revision = change.revision
        bucket.apply(change)
        if self._journal is None:
            self._published = change.revision
            bucket.publish()
        else:
            self._unpublished.append((bucket, change))
            self._journal.append(name, change)
        for observer in self._observers:
            observer(name, change)


def _inverse(change: Change) -> Change:
    """Return the change that undoes ``change``, for observers."""
    if change.previous is None:
        return Change("DELETED", change.revision, change.item, change.item)
    if change.type == "DELETED":
        return Change("ADDED", change.revision, change.previous, None)
    return Change("MODIFIED", change.revision, change.previous, change.item)
