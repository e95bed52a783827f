"""``ChildCaches``: what the synchronizer reads of the caches of one controller."""

from collections.abc import Callable, Collection
from typing import Any, Protocol, TypeAlias

from plugin_operator.kube import GroupVersionKind, NamespacedName, Object, ObjectMeta

#: Returns an object of a declared kind from the cache, or None.
ReadCache: TypeAlias = Callable[[Any, NamespacedName], Object | None]


class CachedChild(Protocol):
    """One version of an object in a cache."""

    @property
    def key(self) -> NamespacedName:
        """Namespace and name."""

    @property
    def resource_version(self) -> str:
        """Opaque version of the object."""

    def metadata(self) -> ObjectMeta:
        """Decode and return the metadata."""


class ChildCaches(Protocol):
    """The caches of the kinds in ``owns``."""

    @property
    def kinds(self) -> Collection[GroupVersionKind]:
        """The kinds in ``owns``."""

    def is_filtered(self, kind: GroupVersionKind) -> bool:
        """Report whether predicates may keep changes of a kind in ``owns`` from the owner."""

    async def is_namespaced(self, kind: GroupVersionKind) -> bool:
        """Report whether objects of a kind have a namespace."""

    def problem(self, kind: GroupVersionKind, child: Object) -> str:
        """Return why no cache of ``owns`` would contain ``child``; empty if one would."""

    def get(self, kind: GroupVersionKind, key: NamespacedName) -> CachedChild | None:
        """Return an object of a kind in ``owns``, or None."""

    async def of_owner(self, kind: GroupVersionKind, uid: str) -> Collection[CachedChild]:
        """Return the objects with the label of this controller that belong to the owner with this uid."""

    def has_synced(self, kind: GroupVersionKind) -> bool:
        """Report whether all caches of a kind are complete and follow the server."""

    def has_listed(self, kind: GroupVersionKind) -> bool:
        """Report whether all caches of a kind have been complete once."""
