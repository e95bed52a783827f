"""Metrics of the shard map, of replicas and of worker processes alike.

Owns what counts as a move and as a change of membership. A move is a shard whose owner is another one than its last
owner, also if no member owned it meanwhile. The first owner of a shard is no move.
"""

from collections.abc import Callable, Mapping

import msgspec

from plugin_operator.metrics import Metrics
from plugin_operator.metrics.declaration import counter, gauge
from plugin_operator.sharding.shard_map import ShardMap

SHARDS_OWNED = gauge(
    "plugin_operator_shards_owned", "Slices that this replica owns, or each worker process of the pod", "worker"
)
SHARDS_UNOWNED = gauge(
    "plugin_operator_shards_unowned", "Shards without an owner, or whose owner has ended", merge="highest"
)
SHARD_IMBALANCE = gauge(
    "plugin_operator_shard_imbalance", "Largest number of slices of a member over the mean", merge="highest"
)
SHARD_MOVES = counter("plugin_operator_shard_moves_total", "Shards that got another owner")
SHARD_MEMBERSHIP_CHANGES = counter(
    "plugin_operator_shard_membership_changes_total", "Members that got their first shard, or lost the last", "change"
)


class MapFigures(msgspec.Struct, frozen=True):
    """State of the map at a scrape.

    Attributes:
        owned: slices by number of the worker; under an empty text those of this replica.
        unowned: shards without a working owner; None if that is not known.
        imbalance: largest number of slices of a member over the mean; None without owners.
    """

    owned: Mapping[str, int]
    unowned: int | None = None
    imbalance: float | None = None


class MapMetrics:
    """Counts what changes from one map to the next, and shows its state at each scrape.

    Args:
        metrics: registry of the process.
        figures: returns the present state.
        known_as: returns the member by which an owner counts. A worker process that starts again is the same member.
    """

    def __init__(
        self, metrics: Metrics, figures: Callable[[], MapFigures], known_as: Callable[[str], str] = str
    ) -> None:
        self._known_as = known_as
        self._last: dict[str, str] = {}
        self._members: frozenset[str] | None = None
        self._moves = metrics.family(SHARD_MOVES)
        self._changes = metrics.family(SHARD_MEMBERSHIP_CHANGES)
        self._moves.inc(by=0)
        for change in ("joined", "left"):
            self._changes.inc(change, by=0)
        metrics.family(SHARDS_OWNED).set_source(lambda: {(name,): count for name, count in figures().owned.items()})
        metrics.family(SHARDS_UNOWNED).set_source(lambda: _sample(figures().unowned))
        metrics.family(SHARD_IMBALANCE).set_source(lambda: _sample(figures().imbalance))

    @property
    def moves(self) -> int:
        """Shards that got another owner since this process observes the map."""
        return int(self._moves.get())

    @property
    def changes(self) -> int:
        """Members that joined or left since this process observes the map."""
        return int(self._changes.get("joined") + self._changes.get("left"))

    def note(self, content: ShardMap) -> None:
        """Count what has changed since the map that was noted last."""
        owners = {name: self._known_as(shard.owner) for name, shard in content.shards.items() if shard.owner}
        self._moves.inc(by=sum(self._last.get(name, owner) != owner for name, owner in owners.items()))
        self._last |= owners
        members = frozenset(owners.values())
        if self._members is not None:
            self._changes.inc("joined", by=len(members - self._members))
            self._changes.inc("left", by=len(self._members - members))
        self._members = members


def _sample(value: float | None) -> dict[tuple[str, ...], float]:
    return {(): value} if value is not None else {}
