"""The shard map as one replica observes it, for ``/status`` and for metrics.

Owns what is counted and shown. Each replica reads the map and the Leases of all members, so the answer of one of them
is about all. Decides nothing.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from plugin_operator.metrics import Metrics
from plugin_operator.replicas.map_watch import MapWatch
from plugin_operator.replicas.observed_members import ObservedMembers
from plugin_operator.sharding import LEAD, ShardMap, StoredMap
from plugin_operator.sharding.lease_writer import lease_of
from plugin_operator.sharding.map_metrics import MapFigures, MapMetrics
from plugin_operator.sharding.map_view import ALL_SHARDS, Holding, holdings_of, imbalance_of, unowned_in

#: Members of which ``/status`` has a row. The map names a few for each of 257 shards at most; anyone may add Leases.
MOST_ROWS = 600
_LIVING = frozenset(("joining", "active", "leaving"))
_ENDED = frozenset(("silent", "gone", "over"))


class MapReport:
    """Follows the map and reports it.

    Args:
        map_watch: reads the map.
        observed: observes the members.
        member: returns the name of this replica's member.
        coordinator: returns the identity of the holder of the election Lease.
        metrics: registry of the process.
    """

    def __init__(
        self,
        map_watch: MapWatch,
        observed: ObservedMembers,
        *,
        member: Callable[[], str],
        coordinator: Callable[[], str],
        metrics: Metrics,
    ) -> None:
        self._map_watch = map_watch
        self._observed = observed
        self._member = member
        self._coordinator = coordinator
        self._counts = MapMetrics(metrics, self.figures)
        map_watch.follow(self._note)

    def figures(self) -> MapFigures:
        """Return the state of the map for metrics."""
        content = self._content()
        if content is None:
            # An unread map says nothing; a map that is missing or broken gives no shard to anyone.
            return MapFigures({"": 0}, ALL_SHARDS if self._map_watch.has_read else None)
        own = holdings_of(content).get(self._member(), Holding())
        unowned = unowned_in(content, self._ended(content))
        return MapFigures({"": own.shards}, unowned, self._imbalance(content) or None)

    def rows(self) -> list[dict[str, Any]]:
        """Return a row for each member, in the order of their pods: those of the map, and those that have a Lease."""
        return sorted(self._rows(), key=lambda row: (row["pod"], row["lease"]))[:MOST_ROWS]

    def division(self) -> dict[str, Any]:
        """Return what is known of the division as a whole."""
        content = self._content()
        shards = content.shards if content is not None else {}
        owned = {lease_of(name)[0]: each for name, each in self._owned(content).items()}
        return {
            "coordinator": self._coordinator(),
            "problem": self._problem(),
            "version": content.version if content is not None else 0,
            "unowned": sum(not each.owner for each in shards.values()),
            "unattended": self.figures().unowned,
            "moving": sum(each.is_draining for each in shards.values()),
            "moves": self._counts.moves,
            "membershipChanges": self._counts.changes,
            "imbalance": round(self._imbalance(content), 3) if content is not None else None,
            "owners": dict(sorted(owned.items())),
        }

    # ---- inside

    def _note(self, stored: StoredMap | None) -> None:
        if stored is not None and stored.intact is not None:
            self._counts.note(stored.intact)

    def _content(self) -> ShardMap | None:
        known = self._map_watch.known
        return known.intact if known is not None else None

    def _ended(self, content: ShardMap) -> frozenset[str]:
        owners = {each.owner for each in content.shards.values()} - {""}
        return frozenset(owner for owner in owners if self._observed.standing(owner) in _ENDED)

    def _imbalance(self, content: ShardMap) -> float:
        living = [name for name in self._observed.present() if self._observed.standing(name) in _LIVING]
        return imbalance_of(content, living)

    @staticmethod
    def _owned(content: ShardMap | None) -> dict[str, int]:
        """Return the number of shards of each owner, that of what runs once included."""
        holdings = holdings_of(content) if content is not None else {}
        counts = {name: each.shards + each.leads for name, each in holdings.items()}
        return {name: count for name, count in counts.items() if count}

    def _problem(self) -> str:
        watch, content = self._map_watch, self._content()
        if watch.failure:
            return f"the shard map is not read: {watch.failure}"
        if not watch.has_read:
            return "the shard map was not read yet"
        if watch.known is None:
            return "there is no shard map; the replica that holds the election Lease writes one"
        if content is None:
            return (
                "the shard map is broken or was edited by hand; the replica that holds the election Lease replaces it"
            )
        if not content.is_settled:
            return "the shard map is new; shards have owners once no member of a former map can work"
        return ""

    def _rows(self) -> Iterator[dict[str, Any]]:
        content, present = self._content(), self._observed.present()
        holdings = holdings_of(content) if content is not None else {}
        ranges = _ranges_of(content) if content is not None else {}
        mine, coordinator = self._member(), self._coordinator()
        for name in {**holdings, **present}:
            holding, holder = holdings.get(name, Holding()), present.get(name, "")
            yield {
                "lease": lease_of(name)[0],
                "pod": holder.rpartition("_")[0] or holder,
                "state": self._observed.standing(name),
                "self": bool(name) and name == mine,
                "coordinates": bool(holder) and holder == coordinator,
                "leads": holding.leads,
                "shards": holding.shards,
                "giving": holding.giving,
                "coming": holding.coming,
                "epoch": holding.epoch,
                "ranges": ranges.get(name, []),
            }


def _ranges_of(content: ShardMap) -> Mapping[str, list[list[str]]]:
    names: dict[str, list[str]] = {}
    for name, shard in content.shards.items():
        if shard.owner and name != LEAD:
            names.setdefault(shard.owner, []).append(name)
    return {
        owner: [[f"{each.start:#018x}", f"{each.end:#018x}"] for each in content.ranges_of(slices)]
        for owner, slices in names.items()
    }
