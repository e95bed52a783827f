"""The coordinator: decides the next shard map.

Owns the decision when a shard gets another owner. It reads no clock and does no I/O: its inputs carry the time on the
monotonic clock of this process, and it returns actions. These rules exclude two owners of a shard:

- An owned shard gets another owner only if its owner acknowledged it at its current epoch, or can no longer work.
- Both are facts that stay true. So a decision stays right as long as the map is the one it was made for, and each write
  names the version of the map that it replaces. A coordinator that was stopped, or a second one, does no harm.
- A missing, damaged or older map starts a new series. Its shards get owners after all members of former series stopped.

A successor needs only the map and the records of the members.
"""

import math
from collections.abc import Callable, Iterable

from plugin_operator.kube.resource_versions import is_at_least
from plugin_operator.sharding.actions import CoordinatorAction, ListLeases, ReadLease, ReadMap, RevokeLease, WriteMap
from plugin_operator.sharding.balance import Planner, plan
from plugin_operator.sharding.member_record import MemberRecord
from plugin_operator.sharding.member_table import MEMORY, MemberTable
from plugin_operator.sharding.revisions import ChosenRevision
from plugin_operator.sharding.shard_map import LEAD, MAX_SLICES, Shard, ShardMap
from plugin_operator.sharding.steady_loads import SteadyLoads
from plugin_operator.sharding.stored_map import StoredMap
from plugin_operator.sharding.timing import MembershipTiming

Listed = Iterable[tuple[MemberRecord, str]]

#: Shortest time between two plans that move shards of living members.
PLAN_SECONDS = 1.0
#: A series that another coordinator founded must be settled within this multiple of the lease.
FOUNDING = 4.0


class Coordinator:
    """State machine of one coordinator; one at a time should run, elected or local.

    Args:
        timing: durations of membership.
        new_origin: returns a name that no series of maps ever had.
        slices: number of slices in a new map.
        planner: chooses owners and moves; safety does not depend on it.
        members: what this process has observed before; nothing by default.

    Attributes:
        members: the members as observed.
    """

    def __init__(
        self,
        *,
        timing: MembershipTiming,
        new_origin: Callable[[], str],
        slices: int = MAX_SLICES,
        planner: Planner = plan,
        members: MemberTable | None = None,
    ) -> None:
        self.members = members if members is not None else MemberTable(timing)
        self._timing = timing
        self._new_origin = new_origin
        self._slices = slices
        self._plan = planner
        self._loads = SteadyLoads(planner)
        self._revision = ChosenRevision(timing)
        self._stored: StoredMap | None = None
        self._is_absent = False
        # Whether the map may have changed unobserved: nothing is decided before the store answers.
        self._is_in_doubt = False
        # Series, version and object of the newest intact map. A map must never be older. A series has one object: a
        # founding map names none, and so fits another object in which a person restores it.
        self._newest = ("", 0, "")
        # The series that this coordinator founded: of another one it does not know when.
        self._founded = ""
        self._is_reading = self._is_writing = self._is_listing = False
        self._asked_at = -math.inf
        self._ticked_at = math.inf
        self._lists = 0
        # When the series was observed first; minus infinity if its founder worked before this coordinator began.
        self._series_at = -math.inf
        # When the members were listed after the series was observed; infinity before.
        self._listed_at = math.inf
        self._planned_at = -math.inf
        # When the Lease of each owner without an observed record was last read.
        self._sought: dict[str, float] = {}

    @property
    def map(self) -> ShardMap | None:
        """The map as this coordinator knows it; None if there is none, or a damaged one."""
        return self._stored.intact if self._stored is not None else None

    # ---- inputs

    def tick(self, now: float) -> list[CoordinatorAction]:
        """Do what time alone makes necessary; call it each ``retry_seconds``."""
        if now >= self._ticked_at + self._timing.lease_seconds - self._timing.renew_seconds:
            self.on_reconnected(now)  # this process stood still, and has seen nothing of that time
        self._ticked_at = now
        if now >= self._asked_at + self._timing.deadline_seconds:
            # An answer that is lost must not stop the coordinator.
            self._is_in_doubt |= self._is_writing
            self._is_reading = self._is_writing = self._is_listing = False
        self.members.forget(self._mentioned(), now - MEMORY * self._timing.lease_seconds)
        return self._decide(now)

    def on_map(self, stored: StoredMap, now: float) -> list[CoordinatorAction]:
        """Note a state of the map object, as the store itself answered."""
        self._is_reading = self._is_in_doubt = False
        if self._is_newer(stored):
            self._is_writing = self._is_absent = False
            self._stored = self._judged(stored, now)
        return self._decide(now)

    def on_map_event(self, stored: StoredMap, now: float) -> list[CoordinatorAction]:
        """Note a state of the map object that a watch reported, which may be late."""
        return self.on_map(stored, now) if self._is_newer(stored) else []

    def on_map_absent(self, now: float) -> list[CoordinatorAction]:
        """Note that there is no map object, as the store itself answered."""
        self._is_reading, self._is_in_doubt, self._is_absent, self._stored = False, False, True, None
        return self._decide(now)

    def on_map_doubt(self, now: float) -> list[CoordinatorAction]:
        """Read the map again: a write had no answer or was refused, or a watch reported a deletion."""
        self._is_writing, self._is_in_doubt = False, True
        return self._read(now)

    def on_unanswered(self, request: ReadMap | ListLeases) -> None:
        """Note that a request had no answer; the next ``tick`` repeats it."""
        if isinstance(request, ReadMap):
            self._is_reading = False
        elif request.number == self._lists:
            self._is_listing = False

    def on_lease(self, record: MemberRecord, resource_version: str, now: float) -> list[CoordinatorAction]:
        """Note the record of a member, which may be late."""
        return self._decide(now) if self.members.see(record, resource_version, now) else []

    def on_listed(self, number: int, listed: Listed, now: float) -> list[CoordinatorAction]:
        """Note the records of all members, as the store itself listed them."""
        for record, resource_version in listed:
            self.members.see(record, resource_version, now)
        if number == self._lists and self._is_listing:
            self._is_listing, self._listed_at = False, now
        return self._decide(now)

    def on_lease_lost(self, name: str, now: float) -> list[CoordinatorAction]:
        """Note that a member has no Lease any more: the store answered so, or a watch reported its deletion."""
        self._sought.pop(name, None)
        self.members.lose(name, now)
        return self._decide(now)

    def on_reconnected(self, now: float) -> None:
        """Note that nothing could be observed until now.

        All silence counts from now, so that an outage of the store moves no shards. The map is read before anything is
        decided: another coordinator may have founded a series, and its members must not be revoked.
        """
        self.members.restart(now)
        self._is_in_doubt = True

    def on_revoked(self, name: str, now: float) -> list[CoordinatorAction]:
        """Note that the Lease of a member was deleted by ``RevokeLease``."""
        self.members.revoked(name)
        return self._decide(now)

    def on_revoke_failed(self, name: str) -> list[CoordinatorAction]:
        """Read a Lease that has another version, or for which ``RevokeLease`` had no answer: it may be another one."""
        self.members.revoke_failed(name)
        return [ReadLease(name)]

    def on_exited(self, name: str, now: float) -> list[CoordinatorAction]:
        """Note that the process of a member has ended, as its parent process knows."""
        self.members.end(name, now)
        return self._decide(now)

    # ---- the state of the map

    def _is_newer(self, stored: StoredMap) -> bool:
        return self._stored is None or not is_at_least(self._stored.resource_version, stored.resource_version)

    def _judged(self, stored: StoredMap, now: float) -> StoredMap:
        """Return the stored map; without content if it cannot be the successor of the newest known map."""
        new, (origin, version, uid) = stored.intact, self._newest
        if new is not None and new.origin == origin and (new.version < version or stored.uid != uid):
            new = None  # an older map was restored
        if new is not None and new.origin != origin:
            if origin and new.is_settled and new.origin != self._founded:
                new = None  # a map of a former series was restored
            is_left = not origin and not self._founded  # by a predecessor
            self._listed_at, self._is_listing, self._series_at = math.inf, False, -math.inf if is_left else now
        if new is not None:
            self._newest = new.origin, new.version, stored.uid
        return stored if new is not None else stored.without_content()

    def _read(self, now: float) -> list[CoordinatorAction]:
        if self._is_reading:
            return []
        self._is_reading, self._asked_at = True, now
        return [ReadMap()]

    def _write(self, content: ShardMap, now: float) -> CoordinatorAction:
        self._is_writing, self._asked_at = True, now
        return WriteMap(content, self._stored.resource_version if self._stored is not None else "")

    def _found(self, now: float) -> CoordinatorAction:
        """Start a series: the map is missing or damaged, or its founder did not settle it."""
        self._founded = self._new_origin()
        if self._stored is None:
            return self._write(ShardMap.found(self._founded, self._slices), now)
        uid, version = self._stored.uid, self._stored.generation + 1
        return self._write(ShardMap.found(self._founded, self._slices, object_uid=uid, version=version), now)

    def _mentioned(self) -> set[str]:
        shards = self.map.shards.values() if self.map is not None else ()
        return {name for shard in shards for name in (shard.owner, shard.target)}

    # ---- decisions

    def _decide(self, now: float) -> list[CoordinatorAction]:
        if self._is_in_doubt or (self._stored is None and not self._is_absent):
            return self._read(now)
        if self._is_reading or self._is_writing:
            return []
        current = self.map
        if current is None or self._is_abandoned(current, now):
            return [self._found(now)]
        if not current.is_settled and current.origin != self._founded:
            return []
        if self._listed_at == math.inf:
            return self._list(now)
        actions = self._proofs(current, now)
        changes = self._changes(current, now) if self._may_assign(current, now) else {}
        if changes:
            uid = self._stored.uid if self._stored is not None else ""
            actions.append(self._write(current.changed(changes, object_uid=uid, version=current.version + 1), now))
        return actions

    def _is_abandoned(self, current: ShardMap, now: float) -> bool:
        """Report whether another coordinator founded the series and had the time to settle it."""
        patience = FOUNDING * self._timing.lease_seconds
        return not current.is_settled and current.origin != self._founded and now >= self._series_at + patience

    def _list(self, now: float) -> list[CoordinatorAction]:
        if self._is_listing:
            return []
        self._lists += 1
        self._is_listing, self._asked_at = True, now
        return [ListLeases(self._lists)]

    def _may_assign(self, current: ShardMap, now: float) -> bool:
        """Report whether no member of another series can be working."""
        # A member whose Lease was deleted before the list may work for a lease.
        is_early = not current.is_settled and now < self._listed_at + self._timing.lease_seconds
        return not is_early and not self.members.has_aliens(current.origin, now, is_settled=current.is_settled)

    def _proofs(self, current: ShardMap, now: float) -> list[CoordinatorAction]:
        """Return requests that prove whether a member can still work."""
        revoked = self.members.to_revoke(current.origin, self._listed_at, now, is_settled=current.is_settled)
        actions: list[CoordinatorAction] = [RevokeLease(name, version) for name, version in revoked]
        for name in sorted({shard.owner for shard in current.shards.values()} - {""}):
            if name not in self.members and now >= self._sought.get(name, -math.inf) + self._timing.retry_seconds:
                self._sought[name] = now
                actions.append(ReadLease(name))
        return actions

    def _changes(self, current: ShardMap, now: float) -> dict[str, Shard]:
        """Return the shards that the next map changes."""
        living = self._revision.candidates(self.members.candidates(current.origin, now), current, now)
        takers = {each.name for each in living if each.takes}
        staying = {each.name: each for each in living if not self._revision.gives_away(each.name, now)}
        changes: dict[str, Shard] = {}
        for name, shard in current.shards.items():
            if shard.owner and self._is_free(name, shard, now):
                changes[name] = shard.owned_by(shard.target if shard.target in takers else "")
        moved = current.changed(changes, version=current.version)
        may_level = now >= self._planned_at + PLAN_SECONDS
        loads = self._loads.at(moved, staying.values(), self.members.loads(), now)
        for name, member in self._plan(moved, staying.values(), loads).items():
            shard = moved.shards[name]
            if not shard.owner:
                changes[name] = Shard(member, current.shards[name].epoch + 1)
            elif self._must_move(name, shard, now) or (shard.is_draining and shard.target not in takers):
                changes[name] = shard.moving_to(member)
            elif shard.owner in staying and may_level:
                self._planned_at = now
                changes[name] = shard.moving_to(member)
        return changes

    def _must_move(self, name: str, shard: Shard, now: float) -> bool:
        """Report whether the owner shall not keep a shard. The owner of ``LEAD`` keeps it with any revision."""
        return self.members.is_leaving(shard.owner) or (name != LEAD and self._revision.gives_away(shard.owner, now))

    def _is_free(self, name: str, shard: Shard, now: float) -> bool:
        """Report whether the owner of a shard does not work on it, nor ever will at this epoch."""
        return self.members.is_over(shard.owner, now) or self._is_acknowledged(name, shard)

    def _is_acknowledged(self, name: str, shard: Shard) -> bool:
        return shard.is_draining and self.members.acknowledged(shard.owner, name) == shard.epoch
