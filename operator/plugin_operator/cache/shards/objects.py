"""``ShardedObject``: a cached object with the hash that decides which process works on it."""

from collections.abc import Callable
from typing import Final

import msgspec

from plugin_operator.cache.keys import ShardBy
from plugin_operator.cache.objects import CachedObject
from plugin_operator.cache.reflector.wire import WireReader
from plugin_operator.kube import GroupVersionKind, Object
from plugin_operator.kube.ownership import OWNER_UID_LABEL
from plugin_operator.kube.shards import hash_of, hash_of_namespace

#: Hash of an object that no process keeps, such as one without an owner in a cache by owner.
_NOWHERE: Final = -1


class ShardedObject(CachedObject, gc=False, eq=False):
    """One version of an object with its hash; caches of whole kinds do without these bytes.

    Attributes:
        shard: hash of its uid, of its namespace, or of the uid of its owner.
    """

    shard: int = _NOWHERE


class ShardedReader(WireReader):
    """Decoder for the objects of one kind that computes the hash of each.

    Args:
        gvk: the kind.
        shard_by: what to hash.
    """

    __slots__ = ("_hash",)

    def __init__(self, gvk: GroupVersionKind, shard_by: ShardBy) -> None:
        super().__init__(gvk)
        self._hash = _HASHES[shard_by]

    def _object(self, data: bytes) -> CachedObject:
        found = super()._object(data)
        return ShardedObject(found.raw, found.namespace, found.name, found.resource_version, shard=self._hash(found))


def _by_uid(obj: CachedObject) -> int:
    return hash_of(obj.uid)


def _by_namespace(obj: CachedObject) -> int:
    return hash_of_namespace(obj.namespace)


def _by_owner(obj: CachedObject) -> int:
    metadata = obj.metadata()
    owner = metadata.controller_of()
    uid = (metadata.labels or {}).get(OWNER_UID_LABEL) or (owner.uid if owner is not None else "")
    return hash_of(uid) if uid else _NOWHERE


def shard_of(obj: Object, shard_by: ShardBy) -> int:
    """Return the hash of a decoded object that is not in a cache."""
    return _HASHES[shard_by](CachedObject(msgspec.json.encode(obj), obj["metadata"].get("namespace") or "", "", ""))


_HASHES: dict[ShardBy, Callable[[CachedObject], int]] = {
    ShardBy.UID: _by_uid,
    ShardBy.NAMESPACE: _by_namespace,
    ShardBy.OWNER: _by_owner,
}
