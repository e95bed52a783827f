"""What a controller needs of the cache, and nothing more.

Owns the protocols that ``cache`` fulfils and that tests fake.
"""

from collections.abc import Hashable, Sequence
from enum import Enum
from typing import Any, Protocol, TypeAlias

from plugin_operator.kube import NamespacedName, ObjectMeta

#: Identifies one shared informer; opaque here but for equality and text.
InformerKey: TypeAlias = Hashable


class CachedObject(Protocol):
    """One version of an object as the cache keeps it: the bytes that arrived. It never changes."""

    @property
    def resource_version(self) -> str:
        """The version of the object: text to compare for equality, without decoding."""

    def metadata(self) -> ObjectMeta:
        """Return its metadata, at a third of the cost of ``decode``. Raises nothing for what a cache holds."""

    def decode(self) -> dict[str, Any]:
        """Return a private copy of the whole object, as a dict. Raises nothing for what a cache holds."""


class EventHandler(Protocol):
    """Hears of every change; called on the event loop, must be quick."""

    def on_add(self, key: NamespacedName, new: Any, is_initial: bool) -> None:
        """Hear of a new object, or of one that was there before the handler."""

    def on_update(self, key: NamespacedName, old: Any, new: Any) -> None:
        """Hear of a changed object."""

    def on_delete(self, key: NamespacedName, old: Any) -> None:
        """Hear of a deleted object, in its last known state."""


class Lister(Protocol):
    """Reads of the cache."""

    def keys(self) -> Sequence[NamespacedName]:
        """Return the keys of all objects."""

    def raw(self, key: NamespacedName) -> CachedObject | None:
        """Return one object."""

    def __len__(self) -> int:
        """Return the number of objects."""


class Informer(Protocol):
    """A shared cache of one kind in one scope."""

    @property
    def lister(self) -> Lister:
        """Reads."""

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
        """Tell ``handler`` of every change from now on, and of all there is as initial adds; return a registration."""

    def remove_handler(self, registration: Any) -> None:
        """Tell it no more, from now on."""


class InformerFactory(Protocol):
    """Hands out shared informers."""

    def acquire(self, key: Any) -> Informer:
        """Return the informer for ``key``, started."""

    async def release(self, informer: Any) -> None:
        """Give it back; the last one out stops it."""
