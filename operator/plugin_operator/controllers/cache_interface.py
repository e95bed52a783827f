"""The interface between controllers and the cache.

Owns the protocols that ``cache`` implements and tests fake.
"""

from collections.abc import Hashable, Sequence
from enum import Enum
from typing import Any, Protocol, TypeAlias, runtime_checkable

from plugin_operator.kube import NamespacedName, ObjectMeta
from plugin_operator.kube.shards import ShardRanges

#: Key of one shared informer; only its equality and text are used here.
InformerKey: TypeAlias = Hashable


class CachedObject(Protocol):
    """One immutable version of an object in the cache, stored as the bytes that arrived."""

    @property
    def resource_version(self) -> str:
        """Resource version, an opaque text, available without decoding."""

    def metadata(self) -> ObjectMeta:
        """Return the metadata, at a third of the cost of ``decode``. Raises nothing for cached objects."""

    def decode(self) -> dict[str, Any]:
        """Return a private copy of the whole object as a dict. Raises nothing for cached objects."""


class EventHandler(Protocol):
    """Receiver of cache events, called on the event loop. Must be fast."""

    def on_add(self, key: NamespacedName, new: Any, is_initial: bool) -> None:
        """Handle a new object, or one that existed before the handler was added."""

    def on_update(self, key: NamespacedName, old: Any, new: Any) -> None:
        """Handle a changed object."""

    def on_delete(self, key: NamespacedName, old: Any) -> None:
        """Handle a deleted object; ``old`` is its last known state."""


class Lister(Protocol):
    """Read access to the cache."""

    def keys(self) -> Sequence[NamespacedName]:
        """Return the keys of all objects."""

    def cached(self, key: NamespacedName) -> CachedObject | None:
        """Return one object."""

    def __len__(self) -> int:
        """Return the number of objects."""


class Informer(Protocol):
    """A shared cache of one kind."""

    @property
    def key(self) -> Any:
        """Key of the informer."""

    @property
    def lister(self) -> Lister:
        """Lister of the cache."""

    @property
    def has_synced(self) -> bool:
        """Whether the first list is complete."""

    @property
    def state(self) -> Enum:
        """State of the cache as an enum member, for the status."""

    @property
    def is_waiting(self) -> bool:
        """Whether the API server does not serve the kind, or refuses access to it."""

    @property
    def reason(self) -> str:
        """Why the cache waits or backs off; empty while it works."""

    async def wait_synced(self) -> None:
        """Wait until ``has_synced``."""

    def add_handler(self, handler: EventHandler) -> Any:
        """Deliver all existing objects as initial adds and then every change; return a registration."""

    def remove_handler(self, registration: Any) -> None:
        """Stop the delivery of events to a handler."""


@runtime_checkable
class HoldsShards(Protocol):
    """An informer of a part of a kind."""

    @property
    def held(self) -> ShardRanges:
        """The hashes whose objects are all in the cache."""


class InformerFactory(Protocol):
    """Factory of shared informers."""

    def acquire(self, key: Any) -> Informer:
        """Return the started informer for ``key``."""

    async def release(self, informer: Any) -> None:
        """Release the informer; the last release stops it."""
