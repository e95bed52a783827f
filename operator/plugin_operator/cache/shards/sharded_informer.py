"""An informer of the shards that its process owns."""

from plugin_operator.cache.environment import Environment
from plugin_operator.cache.informer import Informer
from plugin_operator.cache.keys import InformerKey
from plugin_operator.cache.shards.objects import shard_of
from plugin_operator.cache.shards.owned_shards import OwnedShards
from plugin_operator.cache.shards.sharded_reflector import ShardedReflector
from plugin_operator.kube import Object
from plugin_operator.kube.shards import ShardRanges


class ShardedInformer(Informer):
    """A shared cache of the owned part of a kind.

    Args:
        key: kind, namespace, selectors and what is hashed.
        environment: shared dependencies.
        shards: the ranges to follow.
    """

    def __init__(self, key: InformerKey, environment: Environment, shards: OwnedShards) -> None:
        self._shards = shards
        super().__init__(key, environment)

    @property
    def held(self) -> ShardRanges:
        """The ranges of which all objects are in the cache."""
        return self._sharded.held

    @property
    def server_filters(self) -> bool | None:
        """Whether the server sends only the held part of the kind; None if that is not known."""
        return self._sharded.server_filters

    def keeps(self, obj: Object) -> bool:
        """Report whether an object is of the held ranges."""
        by = self.key.shard_by
        return by is not None and shard_of(obj, by) in self.held

    def shards_changed(self) -> None:
        """Follow the ranges of the process."""
        self._sharded.want(self._shards.ranges)

    def is_busy(self, ranges: ShardRanges) -> bool:  # noqa: ARG002 - a cache works on nothing
        """Report that no work is in flight."""
        return False

    async def run(self) -> None:
        """Keep the cache in sync until cancelled; only the factory calls it. A second call relists."""
        self.shards_changed()
        end = self._shards.follow(self)
        try:
            await super().run()
        finally:
            end()

    def _new_reflector(self, environment: Environment) -> ShardedReflector:
        self._sharded = ShardedReflector(
            self.key,
            environment,
            self._store,
            on_listed=self._listed,
            on_part=self._listing_part,
            on_held=self._shards.changed,
        )
        return self._sharded

    def _listing_part(self, is_listing: bool) -> None:
        """Let the objects of gained ranges count as initial ones."""
        self._distributor.synced = not is_listing
