"""Read access to one informer for expectations."""

from typing import Any

from plugin_operator.kube import LabelSelector, NamespacedName, Object


class InformerView:
    """Read access to one informer for expectations; see ``plugin.CacheView``."""

    __slots__ = ("_informer",)

    def __init__(self, informer: Any) -> None:
        self._informer = informer

    @property
    def position(self) -> str:
        """Resource version up to which the cache has followed the server."""
        return str(self._informer.resource_version)

    @property
    def is_live(self) -> bool:
        """Whether the cache has synced and does not wait for the API server."""
        return bool(self._informer.has_synced and not self._informer.is_waiting)

    @property
    def is_whole(self) -> bool:
        """Whether the cache has no selector and no shards."""
        key = self._informer.key
        return not key.label_selector and not key.field_selector and key.shard_by is None

    def selects(self, obj: Object) -> bool:
        """Report whether the cache would contain the object; field selectors are evaluated by the server only."""
        key = self._informer.key
        if key.shard_by is not None and not self._informer.keeps(obj):
            return False
        labels = (obj.get("metadata") or {}).get("labels") or {}
        return not key.field_selector and LabelSelector.parse(key.label_selector).matches(labels)

    def version(self, key: NamespacedName) -> str | None:
        """Return the resource version of an object, without decoding it; None if it is not cached."""
        found = self._informer.lister.cached(key)
        return None if found is None else found.resource_version

    def identity(self, key: NamespacedName) -> tuple[str, str, bool] | None:
        """Return resource version, uid and whether the object is being deleted."""
        found = self._informer.lister.cached(key)
        if found is None:
            return None
        return found.resource_version, found.uid, found.metadata().deletion_timestamp is not None
