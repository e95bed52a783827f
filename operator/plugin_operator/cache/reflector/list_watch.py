"""The list and watch requests of an informer: path, selectors and media type."""

import msgspec

from plugin_operator.cache.keys import InformerKey
from plugin_operator.cache.objects import CachedObject
from plugin_operator.client import Query
from plugin_operator.kube import Resource


class ListWatch(msgspec.Struct, frozen=True):
    """The collection that one informer lists and watches, as client-go's ``ListWatch``.

    Attributes:
        resource: the resource.
        key: key of the informer.
        shards: ``shardSelector`` of the requests; empty for all objects.
    """

    resource: Resource
    key: InformerKey
    shards: str = ""

    @property
    def path(self) -> str:
        """URL path of the collection."""
        return self.resource.path(self.key.namespace)

    @property
    def query(self) -> list[tuple[str, str]]:
        """Selectors as query parameters, in a new list."""
        return self._selecting(self.key.field_selector)

    def one(self, obj: CachedObject) -> tuple[str, Query]:
        """Return path and query of a list that contains only ``obj``.

        A get would need another RBAC verb. The list has the selectors too, so that an object that no longer matches is
        missing from it.
        """
        named = f"metadata.name={obj.name}"
        fields = self.key.field_selector
        return self.resource.path(obj.namespace or None), self._selecting(f"{fields},{named}" if fields else named)

    def accept(self, *, listing: bool) -> str:
        """Return the ``Accept`` header of a list or of a watch."""
        if not self.key.metadata_only:
            return "application/json"
        kind = "PartialObjectMetadataList" if listing else "PartialObjectMetadata"
        return f"application/json;as={kind};g=meta.k8s.io;v=v1,application/json"

    def _selecting(self, fields: str) -> list[tuple[str, str]]:
        labels = self.key.label_selector
        query = [("labelSelector", labels)] if labels else []
        query += [("shardSelector", self.shards)] if self.shards else []
        return [*query, ("fieldSelector", fields)] if fields else query
