"""What reconciles remember of objects that other processes reconcile meanwhile.

Owns that the memory ends with the shard. The status of an object is applied with what the last answer said of it: an
answer from before another process wrote would remove the fields of that process.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

from plugin_operator.cache import OwnedShards, ShardBy
from plugin_operator.kube import NamespacedName
from plugin_operator.kube.shards import ShardRanges, hash_of_namespace
from plugin_operator.plugin import BoundController


class ShardMemory:
    """Follows the shards of the process, for the controllers of one revision.

    Args:
        shards: what this process owns.
        bound: the controllers by name; they may change.
    """

    def __init__(self, shards: OwnedShards, bound: Mapping[str, BoundController]) -> None:
        self._shards = shards
        self._bound = bound
        self._known = shards.ranges
        self.end = shards.follow(self)

    def shards_changed(self) -> None:
        """Forget the objects that are not here, once the ranges have changed."""
        if self._shards.ranges == self._known:
            return
        self._known = self._shards.ranges
        for bound in self._bound.values():
            if bound.declaration.is_sharded:
                bound.scope.forget(partial(self._is_elsewhere, bound))

    def is_busy(self, ranges: ShardRanges) -> bool:  # noqa: ARG002 - a memory works on nothing
        """Report that no work is in flight."""
        return False

    def _is_elsewhere(self, bound: BoundController, key: NamespacedName) -> bool:
        if bound.declaration.shard_by == ShardBy.NAMESPACE.value:
            return hash_of_namespace(key.namespace) not in self._known
        found: Any = bound.scope.cached(key)
        return found is None or found.shard not in self._known
