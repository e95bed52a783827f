"""Stored items in the form a client asked for."""

from collections.abc import Sequence
from typing import Any

from plugin_operator.apiserver import codec
from plugin_operator.apiserver.registry import ServedResource
from plugin_operator.apiserver.storage import Item
from plugin_operator.apiserver.verbs.conversion import served_bytes
from plugin_operator.apiserver.wire.negotiation import Representation

_PARTIAL = {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1"}


class Presenter:
    """Turns items of one resource into response bytes of one form."""

    __slots__ = ("_representation", "_resource")

    def __init__(self, resource: ServedResource, representation: Representation) -> None:
        self._resource = resource
        self._representation = representation

    def one(self, item: Item) -> bytes:
        """Return one object."""
        if not self._representation.transform:
            return served_bytes(self._resource, item)
        return codec.encode(self._partial(item))

    def many(self, items: Sequence[Item], metadata: dict[str, Any]) -> bytes:
        """Return a list with that list metadata."""
        resource = self._resource
        if self._representation.transform:
            partial = [self._partial(item) for item in items]
            head = {"kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1", "metadata": metadata}
            return codec.encode({**head, "items": partial})
        if resource.custom is not None:
            metadata = {"continue": "", **metadata}
        head_bytes = codec.head(resource.api_version, resource.list_kind)
        pieces = [served_bytes(resource, item) for item in items]
        if resource.custom is None:
            # Items of built-in lists carry neither kind nor apiVersion.
            cut = len(resource.served_head)
            pieces = [b"{" + piece[cut:] for piece in pieces]
        return b'%b"metadata":%b,"items":[%b]}' % (head_bytes, codec.encode(metadata), b",".join(pieces))

    def _partial(self, item: Item) -> dict[str, Any]:
        return {**_PARTIAL, "metadata": item.decode()["metadata"]}
