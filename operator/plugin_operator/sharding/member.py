"""The member: one life of one process that works on shards.

Owns the decision on which shards this process may work now. It reads no clock and does no I/O: its inputs carry the
time on the monotonic clock of this process, and it returns actions. These rules exclude two owners of a shard:

- A shard is started only for an epoch that is higher than any that this member had before.
- A shard is acknowledged only when its last key is done; the member never works on that epoch again.
- The fence closes a fixed time after the last successful renewal was *sent*. A later renewal opens it again: it
  succeeds only if the coordinator has not revoked the membership, and so has moved no shard.
- A Lease that is gone, or a map of another series, ends the life of the member. The process joins again with a new
  name, which owns nothing.
"""

import math
from collections.abc import Iterable, Mapping

from plugin_operator.sharding.actions import DrainShard, MemberAction, Publish, StartShard, StopMember
from plugin_operator.sharding.member_record import MemberRecord, Phase
from plugin_operator.sharding.shard_map import Shard, ShardMap
from plugin_operator.sharding.stored_map import StoredMap
from plugin_operator.sharding.timing import MembershipTiming


class Member:
    """State machine of one member.

    Args:
        name: names this life; no other process and no other life may ever have it.
        timing: durations of the membership.
        now: the current second on the clock of this process.
        capacity: share of the work relative to other members.

    Attributes:
        name: name of this life.
        load: observed load of each owned shard; published with the next renewal.
        revision: names what this process runs, see ``MemberRecord``; published with the next renewal.
        phase: what this member wants.
        is_over: whether this life has ended. No input changes that.
        fence_until: monotonic second at which work must pause; minus infinity before the first renewal and at the end.
    """

    def __init__(self, name: str, *, timing: MembershipTiming, now: float, capacity: float = 1.0) -> None:
        self.name = name
        self.load: Mapping[str, float] = {}
        self.revision = ""
        self.phase = Phase.ACTIVE
        self.is_over = False
        self.fence_until = -math.inf
        self._timing = timing
        self._capacity = capacity
        self._map: ShardMap | None = None
        self._held: dict[str, int] = {}
        self._draining: set[str] = set()
        # The highest epoch of each shard that this member ever had.
        self._had: dict[str, int] = {}
        self._acknowledged: dict[str, int] = {}
        self._renewals = 0
        # When each renewal without an answer was sent.
        self._sent: dict[int, float] = {}
        # Number of the first record that says that this member has left; 0 before.
        self._left_by = 0
        self._is_publishing = False
        self._is_dirty = False
        self._publish_at = now

    # ---- questions

    @property
    def origin(self) -> str:
        """Series of maps that this member follows; empty until it saw a map."""
        return self._map.origin if self._map is not None else ""

    @property
    def held(self) -> Mapping[str, int]:
        """Shards that this member works on, with their epochs; draining ones included."""
        return self._held

    def takes_keys(self, shard: str) -> bool:
        """Report whether new keys of a shard may be queued: it is held and not draining."""
        return shard in self._held and shard not in self._draining

    def may_act(self, shard: str, epoch: int, now: float) -> bool:
        """Report whether work on a shard that began at ``epoch`` may act now. Ask before each write."""
        return now < self.fence_until and self._held.get(shard) == epoch

    @property
    def next_tick(self) -> float:
        """Monotonic second of the next ``tick``; infinity while an answer is awaited, and at the end."""
        return math.inf if self.is_over or self._is_publishing else self._publish_at

    # ---- inputs

    def tick(self, now: float) -> list[MemberAction]:
        """Renew if it is time."""
        return self._publish_if_due(now)

    def on_map(self, stored: StoredMap, now: float) -> list[MemberAction]:
        """Follow a state of the map object, which may be late; a damaged one changes nothing."""
        new, old = stored.intact, self._map
        if self.is_over or new is None:
            return []
        if old is not None and new.origin != old.origin:
            return self._end("the shard map was replaced")
        if old is not None and new.version <= old.version:
            return []
        self._map = new
        if old is None:
            self._is_dirty = True
        actions: list[MemberAction] = []
        for name, shard in new.shards.items():
            if name in self._held and (shard.owner, shard.epoch) != (self.name, self._held[name]):
                return self._end(f"the shard map gives shard {name} away, and this member has not acknowledged it")
            if shard.owner == self.name:
                actions += self._follow(name, shard)
        self._acknowledged = {
            name: epoch
            for name, epoch in self._acknowledged.items()
            if name in new.shards and new.shards[name].epoch <= epoch
        }
        return actions + self._publish_if_due(now)

    def on_drained(self, shard: str, epoch: int, now: float) -> list[MemberAction]:
        """Acknowledge that no key of a shard is in work, after ``DrainShard``."""
        if shard in self._draining and self._held.get(shard) == epoch:
            del self._held[shard]
            self._draining.discard(shard)
            self._acknowledge(shard, epoch)
        return self._publish_if_due(now)

    def on_several_drained(self, drained: Iterable[DrainShard], now: float) -> list[MemberAction]:
        """Acknowledge shards together, so that one record names them all; see ``on_drained``."""
        is_publishing, self._is_publishing = self._is_publishing, True
        for each in drained:
            self.on_drained(each.shard, each.epoch, now)
        self._is_publishing = is_publishing
        return self._publish_if_due(now)

    def on_renewed(self, number: int, now: float) -> list[MemberAction]:
        """Extend the fence: the record with this number was written. The answer may be late, or come twice."""
        sent_at = self._sent.pop(number, None)
        if sent_at is None or self.is_over:
            return []
        self.fence_until = max(self.fence_until, sent_at + self._timing.deadline_seconds)
        if number < self._renewals:
            return []
        self._sent.clear()
        self._is_publishing = False
        if 0 < self._left_by <= number:
            return self._end("this member has left")
        self._publish_at = sent_at + self._timing.renew_seconds
        return self._publish_if_due(now)

    def on_publish_failed(self, number: int, now: float) -> list[MemberAction]:
        """Try again soon: it is unknown whether the record was written."""
        if number == self._renewals and self._is_publishing:
            self._is_publishing = False
            self._is_dirty = False
            self._publish_at = now + self._timing.retry_seconds
        return self._publish_if_due(now)

    def on_lease_lost(self, reason: str) -> list[MemberAction]:
        """End this life: the Lease was deleted or revoked, or another process wrote it."""
        return self._end(reason)

    def leave(self, now: float) -> list[MemberAction]:
        """Ask for planned moves of all shards. The life ends when the last one has another owner."""
        if self.phase is Phase.ACTIVE:
            self.phase, self._is_dirty = Phase.LEAVING, True
        return self._publish_if_due(now)

    def finish(self, now: float) -> list[MemberAction]:
        """State that all work has stopped, so that others need not wait for this member's Lease to expire.

        The caller must have stopped all work, and must start none again.
        """
        self._held.clear()
        self._draining.clear()
        self.phase, self._is_dirty = Phase.LEFT, True
        return self._publish_if_due(now)

    # ---- decisions

    def _follow(self, name: str, shard: Shard) -> list[MemberAction]:
        """Start, drain or acknowledge one shard that the map gives to this member."""
        if self.phase is Phase.LEFT:
            return []
        actions: list[MemberAction] = []
        if self._is_new(name, shard.epoch):
            self._had[name] = shard.epoch
            if shard.is_draining:
                self._acknowledge(name, shard.epoch)
                return []
            self._held[name] = shard.epoch
            actions.append(StartShard(name, shard.epoch))
        if shard.is_draining and self.takes_keys(name):
            self._draining.add(name)
            actions.append(DrainShard(name, shard.epoch))
        return actions

    def _is_new(self, name: str, epoch: int) -> bool:
        """Report whether this member never had a shard at ``epoch``, nor later."""
        return epoch > self._had.get(name, 0)

    def _acknowledge(self, name: str, epoch: int) -> None:
        self._acknowledged[name] = epoch
        self._is_dirty = True

    def _end(self, reason: str) -> list[MemberAction]:
        if self.is_over:
            return []
        self.is_over = True
        self.fence_until = -math.inf
        self._held.clear()
        self._draining.clear()
        return [StopMember(reason)]

    # ---- the record

    def _publish_if_due(self, now: float) -> list[MemberAction]:
        if self.phase is Phase.LEAVING and self._owns_nothing():
            self.phase, self._is_dirty = Phase.LEFT, True
        if self.is_over or self._is_publishing or not (self._is_dirty or now >= self._publish_at):
            return []
        self._renewals += 1
        self._sent[self._renewals] = now
        self._is_publishing, self._is_dirty = True, False
        if self.phase is Phase.LEFT and not self._left_by:
            self._left_by = self._renewals
        return [Publish(self._record())]

    def _owns_nothing(self) -> bool:
        return not self._held and (self._map is None or not self._map.shards_of(self.name))

    def _record(self) -> MemberRecord:
        return MemberRecord(
            name=self.name,
            renewals=self._renewals,
            origin=self.origin,
            phase=self.phase,
            capacity=self._capacity,
            acknowledged=dict(self._acknowledged),
            load={name: self.load[name] for name in self._held if name in self.load},
            revision=self.revision,
        )
