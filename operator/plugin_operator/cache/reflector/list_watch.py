"""What an informer asks the API server for: the address of its collection, its selectors and its representation."""

from dataclasses import dataclass

from plugin_operator.cache.keys import InformerKey
from plugin_operator.cache.objects import CachedObject
from plugin_operator.client import Query
from plugin_operator.kube import Resource


@dataclass(frozen=True, slots=True)
class ListWatch:
    """The objects of one informer, as the server serves them."""

    resource: Resource
    key: InformerKey

    @property
    def path(self) -> str:
        """Of the whole collection."""
        return self.resource.path(self.key.namespace)

    @property
    def query(self) -> list[tuple[str, str]]:
        """The selectors, in a list of the caller's own."""
        return self._selecting(self.key.field_selector)

    def one(self, obj: CachedObject) -> tuple[str, Query]:
        """Return path and query of a list that contains nothing but ``obj``.

        It is a list and not a get, for that is what the informer is known to be allowed; and it has the selectors, so
        that an object which no longer matches is not in it.
        """
        named = f"metadata.name={obj.name}"
        fields = self.key.field_selector
        return self.resource.path(obj.namespace or None), self._selecting(f"{fields},{named}" if fields else named)

    def accept(self, *, listing: bool) -> str:
        """Return the media types of a list or of a watch."""
        if not self.key.metadata_only:
            return "application/json"
        kind = "PartialObjectMetadataList" if listing else "PartialObjectMetadata"
        return f"application/json;as={kind};g=meta.k8s.io;v=v1,application/json"

    def _selecting(self, fields: str) -> list[tuple[str, str]]:
        labels = self.key.label_selector
        query = [("labelSelector", labels)] if labels else []
        return [*query, ("fieldSelector", fields)] if fields else query
