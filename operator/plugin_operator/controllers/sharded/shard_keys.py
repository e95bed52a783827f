"""Which requests of one controller belong to this process.

Owns the shard of a request. Leaves what happens to the others to the queue.
"""

from collections.abc import Callable, Iterable
from typing import Any

from plugin_operator.cache import ShardBy
from plugin_operator.controllers.cache_interface import Lister
from plugin_operator.controllers.reconcile import Request
from plugin_operator.kube.shards import ShardRanges, hash_of_namespace


class ShardKeys:
    """The open part of a controller's requests.

    By uid, a request belongs to the shard of its object. The object's uid is known from the cache, which has only
    objects of this process, or from its deletion, until its last reconcile.

    Args:
        primary: returns the listers of the reconciled kind.

    Attributes:
        by: what is hashed; None if the controller takes every request.
        open: the hashes whose requests are taken.
    """

    __slots__ = ("_gone", "_primary", "by", "open")

    def __init__(self, primary: Callable[[], Iterable[Lister]]) -> None:
        self._primary = primary
        self._gone: dict[Request, int] = {}
        self.by: ShardBy | None = None
        self.open = ShardRanges.everything()

    def takes(self, request: Request) -> bool:
        """Report whether a request is taken."""
        if self.by is None:
            return True
        shard = self.shard_of(request)
        return shard is not None and shard in self.open

    def shard_of(self, request: Request) -> int | None:
        """Return the hash that decides about a request; None for one of an object that is not here."""
        if self.by is ShardBy.NAMESPACE:
            return hash_of_namespace(request.namespace)
        for lister in self._primary():
            found: Any = lister.cached(request)
            if found is not None:
                shard: int = found.shard
                return shard
        return self._gone.get(request)

    def deleted(self, request: Request, shard: int) -> None:
        """Remember the shard of a deleted object, whose deletion is reconciled next."""
        if self.by is ShardBy.UID:
            self._gone[request] = shard

    def settled(self, request: Request) -> None:
        """Forget a deleted object, for which nothing is left to do; does nothing for others."""
        self._gone.pop(request, None)

    def closed(self) -> None:
        """Forget the deleted objects of shards that are no longer open."""
        self._gone = {request: shard for request, shard in self._gone.items() if shard in self.open}
