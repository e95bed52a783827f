"""What a shard map says, in figures: for ``/status`` and for metrics."""

from collections.abc import Collection

import msgspec

from plugin_operator.sharding.shard_map import LEAD, MAX_SLICES, ShardMap

#: Shards of an operator whose map does not exist: all slices, and ``LEAD``.
ALL_SHARDS = MAX_SLICES + 1


class Holding(msgspec.Struct):
    """What the map gives to one member.

    Attributes:
        shards: number of its slices, draining ones included.
        leads: whether it runs what runs once.
        giving: number of its shards that move to another member.
        coming: number of shards that move to it.
        epoch: highest epoch of its shards; 0 without any.
    """

    shards: int = 0
    leads: bool = False
    giving: int = 0
    coming: int = 0
    epoch: int = 0


def holdings_of(content: ShardMap) -> dict[str, Holding]:
    """Return what each member has or gets, by name."""
    found: dict[str, Holding] = {}
    for name, shard in content.shards.items():
        if shard.owner:
            holding = found.setdefault(shard.owner, Holding())
            holding.shards += name != LEAD
            holding.leads |= name == LEAD
            holding.giving += shard.is_draining
            holding.epoch = max(holding.epoch, shard.epoch)
        if shard.target:
            found.setdefault(shard.target, Holding()).coming += 1
    return found


def unowned_in(content: ShardMap, ended: Collection[str] = ()) -> int:
    """Return how many shards no member works on: those without an owner, and those of ``ended`` members."""
    return sum(not each.owner or each.owner in ended for each in content.shards.values())


def imbalance_of(content: ShardMap, members: Collection[str] = ()) -> float:
    """Return the largest share of a member over the mean, in slices: 1 is a perfect balance, 0 means no owner.

    Args:
        content: the map.
        members: members that count for the mean although they may own nothing.
    """
    counts = dict.fromkeys(members, 0)
    for name, shard in content.shards.items():
        if shard.owner and name != LEAD:
            counts[shard.owner] = counts.get(shard.owner, 0) + 1
    owned = sum(counts.values())
    return max(counts.values()) * len(counts) / owned if owned else 0.0
