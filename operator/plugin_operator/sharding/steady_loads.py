"""The loads by which the coordinator plans: observed ones, but taken rarely, so that noise moves no shard.

Owns when observed loads count. Leaves the moves to the planner, whose plan comes to rest while the loads stay.
"""

from collections.abc import Collection, Mapping

from plugin_operator.sharding.balance import Candidate, Planner, imbalance
from plugin_operator.sharding.shard_map import LEAD, ShardMap

#: Time between two looks at the observed loads.
LOOK_SECONDS = 30.0
#: The busiest member must have this multiple of its fair share.
UNEVEN = 1.3
#: A plan must make it lighter by so many fair shares.
LEAST_RELIEF = 0.2


class SteadyLoads:
    """Keeps the loads until others would help the busiest member markedly, in two looks in succession.

    Only complete loads count: while a member has not measured a shard that it gained, nothing moves again.

    Args:
        planner: chooses the moves.
    """

    def __init__(self, planner: Planner) -> None:
        self._plan = planner
        self._loads: Mapping[str, float] = {}
        self._looked_at: float | None = None
        # Loads of the last look, if others would have helped.
        self._uneven: Mapping[str, float] | None = None

    def at(
        self, shards: ShardMap, candidates: Collection[Candidate], observed: Mapping[str, float], now: float
    ) -> Mapping[str, float]:
        """Return the loads to plan by.

        Args:
            shards: the map.
            candidates: members that may get shards.
            observed: what members report now.
            now: the current second.
        """
        if self._looked_at is None and any(shard.owner for shard in shards.shards.values()):
            if not _are_complete(shards, observed):
                return self._loads
            self._loads = dict(observed)  # a successor does not undo what its predecessor did for these loads
            self._looked_at = now
        if self._looked_at is None or now >= self._looked_at + LOOK_SECONDS:
            self._looked_at = now
            before, self._uneven = self._uneven, None
            if self._would_help(shards, candidates, observed):
                if before is None:
                    self._uneven = observed
                else:
                    self._loads = {name: (load + before.get(name, load)) / 2 for name, load in observed.items()}
        return self._loads

    def _would_help(self, shards: ShardMap, candidates: Collection[Candidate], observed: Mapping[str, float]) -> bool:
        is_moving = any(shard.is_draining or not shard.owner for shard in shards.shards.values())
        if is_moving or not _are_complete(shards, observed):
            return False
        before = imbalance(shards, candidates, observed)
        if before < UNEVEN:
            return False
        moves = self._plan(shards, candidates, observed)
        owned = {name: shards.shards[name].owned_by(owner) for name, owner in moves.items()}
        after = imbalance(shards.changed(owned, version=shards.version), candidates, observed)
        return before - after >= LEAST_RELIEF


def _are_complete(shards: ShardMap, observed: Mapping[str, float]) -> bool:
    return all(name in observed for name in shards.shards if name != LEAD)
