"""Which revision of operator and plugins works: members with another one get no shards, and give theirs away.

Owns the choice among the revisions that living members hold. One of them is always chosen, so some member may always
get shards. Safety does not depend on the choice: it decides only who gets a shard that has no owner, or that moves.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable

from plugin_operator.sharding.balance import Candidate
from plugin_operator.sharding.member_record import MemberRecord
from plugin_operator.sharding.shard_map import ShardMap
from plugin_operator.sharding.timing import MembershipTiming

#: A member with another revision keeps its shards for so many leases: an edit reaches volumes minutes apart.
DIFFERING_LEASES = 8.0


class ChosenRevision:
    """Chooses the revision that most of the capacity holds, and stays with it until another one has more.

    Args:
        timing: durations of membership.

    Attributes:
        differing_seconds: how long a member with another revision keeps its shards.
        name: the chosen revision; None before there were members.
    """

    def __init__(self, timing: MembershipTiming) -> None:
        self.differing_seconds = DIFFERING_LEASES * timing.lease_seconds
        self.name: str | None = None
        self._differs_since: dict[str, float] = {}

    def candidates(self, members: Iterable[MemberRecord], shards: ShardMap, now: float) -> list[Candidate]:
        """Choose, and return the members; those of another revision take no shards.

        Args:
            members: all that live and want to work.
            shards: the map; of revisions with equal capacity, the one whose members own more is chosen at first.
            now: the current second.
        """
        listed = [each for each in members if each.capacity > 0]
        self._choose(listed, shards)
        differing = [each.name for each in listed if each.revision != self.name]
        self._differs_since = {name: self._differs_since.get(name, now) for name in differing}
        return [Candidate(each.name, each.capacity, each.name not in self._differs_since) for each in listed]

    def gives_away(self, name: str, now: float) -> bool:
        """Report whether a member has held another revision for so long that its slices move."""
        return name in self._differs_since and now >= self._differs_since[name] + self.differing_seconds

    def _choose(self, members: Collection[MemberRecord], shards: ShardMap) -> None:
        capacity: dict[str, float] = defaultdict(float)
        for each in members:
            capacity[each.revision] += each.capacity
        if not capacity:
            return
        if self.name not in capacity:
            owned = dict.fromkeys(capacity, 0)
            if len(capacity) > 1:
                for each in members:
                    owned[each.revision] += len(shards.shards_of(each.name))
            self.name = max(capacity, key=lambda name: (capacity[name], owned[name], name))
        most = max(capacity.values())
        if capacity[self.name] < most:
            self.name = max(name for name, each in capacity.items() if each == most)
