"""One object as the cache keeps it: the bytes that arrived, and the few facts every event needs.

Bytes are a quarter of the size of the dict they decode to, and neither they nor this struct are ever looked at by the
garbage collector.
"""

import msgspec

from plugin_operator.kube import NamespacedName, Object, ObjectMeta, decode_metadata


class _Identity(msgspec.Struct, gc=False):
    uid: str | None = None


class _Identified(msgspec.Struct, gc=False):
    metadata: _Identity | None = None


_IDENTIFIED = msgspec.json.Decoder(_Identified)
_OBJECT = msgspec.json.Decoder()


class CachedObject(msgspec.Struct, gc=False, eq=False):
    """An immutable version of an object; only the store that keeps it may touch its fields.

    Attributes:
        raw: the object's JSON without ``metadata.managedFields``.
        namespace: empty for a cluster-scoped object.
        name: inside its namespace.
        resource_version: opaque text of the server.
        epoch: the number of the last list that contained it; of the store alone.
    """

    raw: bytes
    namespace: str
    name: str
    resource_version: str
    epoch: int = 0

    @property
    def key(self) -> NamespacedName:
        """Namespace and name."""
        return NamespacedName(self.namespace, self.name)

    @property
    def uid(self) -> str:
        """``metadata.uid``, decoded on each use; empty if there is none."""
        metadata = _IDENTIFIED.decode(self.raw).metadata
        return (metadata.uid if metadata is not None else None) or ""

    def metadata(self) -> ObjectMeta:
        """Decode the metadata alone."""
        return decode_metadata(self.raw)

    def decode(self) -> Object:
        """Decode the whole object into a new dict that belongs to the caller."""
        decoded: Object = _OBJECT.decode(self.raw)
        return decoded

    def __repr__(self) -> str:
        """Leave the content out, for it may be a Secret."""
        return f"CachedObject({self.key}, resource_version={self.resource_version!r})"
