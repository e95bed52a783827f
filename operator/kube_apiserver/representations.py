"""Stored items in the representation that a client requests: objects, PartialObjectMetadata or Table."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from kube_apiserver import codec, printer_columns
from kube_apiserver.conversion.versions import served_bytes, to_served
from kube_apiserver.decoding.canonical_form import canonical
from kube_apiserver.registry import ServedResource
from kube_apiserver.requests.request import Request
from kube_apiserver.storage import Item
from kube_apiserver.wire.status_error import StatusError, bad_request

_PARTIAL = {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1"}
_BAD_INCLUDE = (
    'Unable to convert to Table as requested: includeObject: Invalid value: "{}": '
    "must be 'Metadata', 'Object', 'None', or empty"
)
_INCLUDE = ("None", "Metadata", "Object")


class Presenter:
    """Encodes items of one resource in the representation of one request."""

    __slots__ = ("_include", "_now", "_resource", "_shown_columns", "_transform", "_version", "one")

    def __init__(self, request: Request, *, many: bool) -> None:
        """Negotiate the representation of a request. ``many`` is true for a list.

        Raises:
            StatusError: 400 or 406, the representation is not supported.
        """
        self._resource: ServedResource = request.resource
        self._now: Callable[[], datetime] = request.cluster.clock.now
        representation = request.representation()
        self._transform, self._version = representation.transform, representation.version
        self._include = request.query.get("includeObject") or "Metadata"
        self._shown_columns = False
        self.one: Callable[[Item], bytes] = self._plain
        if self._transform == "Table":
            if self._include not in _INCLUDE:
                raise bad_request(_BAD_INCLUDE.format(self._include))
            self.one = self._table_of_one
        elif self._transform:
            _check_partial(self._transform, self._resource, many=many)
            self.one = lambda item: codec.encode(self._partial(item))

    def bookmark(self, revision: int, annotations: Mapping[str, str]) -> bytes:
        """Return the encoded bookmark object: the kind, a resourceVersion and annotations."""
        resource, metadata = self._resource, {"resourceVersion": str(revision)}
        empty = canonical({}, resource.schema) if resource.schema is not None and resource.schema.builtin else {}
        obj = {**empty, "metadata": {**metadata, **({"annotations": dict(annotations)} if annotations else {})}}
        raw = codec.encode_object(obj, resource.storage_version, resource.kind)
        return self.one(Item(key="", namespace="", name="", uid="", revision=revision, raw=raw, labels={}, owners=()))

    def _plain(self, item: Item) -> bytes:
        return served_bytes(self._resource, item)

    def many(self, items: Sequence[Item], metadata: dict[str, Any]) -> bytes:
        """Return the encoded list with ``metadata``."""
        resource = self._resource
        if self._transform:
            # As in kube-apiserver, what a list is converted to does not say which shards are in it.
            metadata = {name: value for name, value in metadata.items() if name != "shardInfo"}
        if self._transform == "Table":
            return codec.encode(self._table(items, metadata, of_list=True))
        if self._transform:
            head = {"kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1", "metadata": metadata}
            return codec.encode({**head, "items": [self._partial(item) for item in items]})
        if resource.custom is not None:
            metadata = {"continue": "", **metadata}
        head_bytes = codec.head(resource.api_version, resource.list_kind)
        pieces = [served_bytes(resource, item) for item in items]
        if resource.custom is None:
            # The items of built-in lists have no kind and apiVersion.
            cut = len(resource.served_head)
            pieces = [b"{" + piece[cut:] for piece in pieces]
        return b'%b"metadata":%b,"items":[%b]}' % (head_bytes, codec.encode(metadata), b",".join(pieces))

    def _partial(self, item: Item) -> dict[str, Any]:
        return {**_PARTIAL, "metadata": item.decode()["metadata"]}

    def _table_of_one(self, item: Item) -> bytes:
        table = self._table([item], {"resourceVersion": str(item.revision)})
        if self._shown_columns:
            # Only the first event of a watch has column definitions.
            table["columnDefinitions"] = None
        self._shown_columns = True
        return codec.encode(table)

    def _table(self, items: Sequence[Item], metadata: dict[str, Any], *, of_list: bool = False) -> dict[str, Any]:
        resource = self._resource
        table = printer_columns.render(
            [to_served(resource, item) for item in items],
            resource.strategy.columns,
            now=self._now(),
            include_object=self._include,
            list_metadata=metadata,
            of_list=of_list,
        )
        if self._version != "v1":
            return _in_version(table, f"meta.k8s.io/{self._version}")
        return table


def _in_version(table: dict[str, Any], api_version: str) -> dict[str, Any]:
    rows = [
        {**row, "object": {**row["object"], "apiVersion": api_version}}
        if (row.get("object") or {}).get("kind") == "PartialObjectMetadata"
        else row
        for row in table["rows"]
    ]
    return {**table, "apiVersion": api_version, "rows": rows}


def _check_partial(transform: str, resource: ServedResource, *, many: bool) -> None:
    go = f"*core.{resource.kind}"
    if many and transform == "PartialObjectMetadata":
        message = f"you requested PartialObjectMetadata, but the requested object is a list ({go}List)"
        raise StatusError(406, "NotAcceptable", message)
    if not many and transform == "PartialObjectMetadataList":
        message = f"you requested PartialObjectMetadataList, but the requested object is not a list ({go})"
        raise StatusError(406, "NotAcceptable", message)
