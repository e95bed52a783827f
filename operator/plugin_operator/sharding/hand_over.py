"""Hand-over of shards in this process: carries out what its member decides.

Owns which ranges ``OwnedShards`` gains and drains, and when a shard counts as drained. Leaves it to its callers to tell
the member, and to end the process when it must give up what runs once.
"""

from collections.abc import Callable, Sequence
from functools import partial

from plugin_operator import logs
from plugin_operator.cache import OwnedShards
from plugin_operator.sharding.actions import DrainShard, MemberAction, StartShard
from plugin_operator.sharding.shard_map import LEAD, ShardMap
from plugin_operator.tasks import TaskOwner

_log = logs.get_logger(__name__)

Drained = Sequence[DrainShard]


def starts_and_drains(actions: Sequence[MemberAction]) -> tuple[list[str], list[DrainShard]]:
    """Return the shards to start and those to drain: all of one map at once, because each change costs requests."""
    started = [each.shard for each in actions if isinstance(each, StartShard)]
    return started, [each for each in actions if isinstance(each, DrainShard)]


class HandOver:
    """Starts and drains shards.

    Args:
        shards: the part of the objects of this process.
        tasks: owner of the drains.
    """

    def __init__(self, shards: OwnedShards, tasks: TaskOwner) -> None:
        self._shards = shards
        self._tasks = tasks

    def start(self, slices: ShardMap, names: Sequence[str]) -> None:
        """Work on shards from now on."""
        if gained := slices.ranges_of(names):
            self._shards.gain(gained)
        if LEAD in names:
            self._shards.lead()
        _log.info("Shards gained", shards=sum(name != LEAD for name in names), leads=self._shards.leads)

    def drain(self, slices: ShardMap, drained: Drained, tell: Callable[[Drained], None]) -> None:
        """Give slices away, and call ``tell`` with those whose last key in work is done, several at a time.

        One key that takes long so keeps no other slice from moving.
        """
        self._tasks.complete(partial(self._drain, slices, drained, tell), "drain", kind="shards-drain")

    async def _drain(self, slices: ShardMap, drained: Drained, tell: Callable[[Drained], None]) -> None:
        by_name = {each.shard: each for each in drained}
        parts = {name: slices.ranges_of([name]) for name in by_name}
        async for names in self._shards.drain_each(parts):
            _log.info("Shards given away", shards=len(names))
            tell([by_name[name] for name in names])
