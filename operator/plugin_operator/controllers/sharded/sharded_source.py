"""The source of a controller that takes a part of the requests."""

import asyncio
from typing import Any

from plugin_operator.cache import ShardBy
from plugin_operator.controllers.reconcile import Request
from plugin_operator.controllers.sharded.shard_keys import ShardKeys
from plugin_operator.controllers.sources.source import REPLAY_CHUNK, Source
from plugin_operator.kube.shards import ShardRanges


class ShardedSource(Source):
    """Passes the events of open shards.

    Predicates of the reconciled kind do not run for objects of shards that are coming or going: the events that count
    then are another process's, and all objects of a gained shard pass them when it opens.

    Args:
        keys: decides which requests are taken.
        informer: see ``Source``.
        enqueue: see ``Source``.
        settings: see ``Source``.
    """

    __slots__ = ("_is_primary", "_keys")

    def __init__(self, keys: ShardKeys, informer: Any, enqueue: Any, **settings: Any) -> None:
        super().__init__(informer, enqueue, **settings)
        self._keys = keys
        # Whether the informer is of the reconciled kind: no other cache is by uid.
        self._is_primary = getattr(informer.key, "shard_by", None) is ShardBy.UID

    def on_add(self, key: Request, new: Any, is_initial: bool) -> None:
        """Enqueue the requests for a new object of an open shard."""
        if self._is_open(new):
            super().on_add(key, new, is_initial)

    def on_update(self, key: Request, old: Any, new: Any) -> None:
        """Enqueue the requests for a changed object of an open shard."""
        if self._is_open(new):
            super().on_update(key, old, new)

    def on_delete(self, key: Request, old: Any) -> None:
        """Enqueue the requests for a deletion in an open shard."""
        if not self._is_open(old):
            return
        if self._is_primary:
            self._keys.deleted(key, old.shard)
        super().on_delete(key, old)

    async def replay_part(self, ranges: ShardRanges) -> None:
        """Handle the cached objects of shards that have opened as if they were just listed."""
        lister: Any = self.informer.lister
        for number, key in enumerate(list(lister.keys()), start=1):
            if number % REPLAY_CHUNK == 0:
                await asyncio.sleep(0)
            obj = lister.cached(key)
            if obj is not None and obj.shard in ranges:
                self.on_add(key, obj, True)

    def _is_open(self, obj: Any) -> bool:
        return not self._is_primary or obj.shard in self._keys.open
