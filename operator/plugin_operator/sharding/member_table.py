"""Members as the coordinator observes them, and the proof that one of them can no longer work.

Times are on the monotonic clock of the coordinator, from the moment of an observation. No time of another machine
counts. A membership is over, once and permanently, in one of four ways:

- Its record says that the member has left.
- Its process has ended.
- The Lease was deleted in the state observed last, *and* that state was observed for the length of the lease. A renewal
  that was not observed makes that request fail, so a late watch does no harm.
- The Lease does not exist, as the store itself said, and the length of the lease has passed since. A Lease that was
  deleted never comes back with the uid after which its member is named.
"""

import math
from collections.abc import Iterable, Iterator

import msgspec

from plugin_operator.kube.resource_versions import is_at_least
from plugin_operator.sharding.member_record import MemberRecord, Phase
from plugin_operator.sharding.timing import MembershipTiming

#: A member of another series that still renews is revoked after this multiple of the lease. The map on which this
#: rests may itself be late.
PATIENCE = 2.0
#: Members that are over are forgotten after so many leases.
MEMORY = 100.0


class Observation(msgspec.Struct):
    """What the coordinator knows of one member.

    Attributes:
        record: the record observed last; None if only the absence of the Lease is known.
        resource_version: version of that record.
        renewed_at: when the last change of its Lease was observed: a renewal, or an edit by hand.
        followed_at: when it was observed first that the member follows its series of maps.
        lost_at: a moment after which no renewal was written; infinity while the Lease exists.
        is_over: whether the member can no longer work.
        revoking_at: when the last request to revoke was made, if it has no answer; else minus infinity.
    """

    record: MemberRecord | None
    resource_version: str
    renewed_at: float
    followed_at: float
    lost_at: float = math.inf
    is_over: bool = False
    revoking_at: float = -math.inf


class MemberTable:
    """All members that the coordinator ever observed.

    Args:
        timing: durations of membership.
    """

    def __init__(self, timing: MembershipTiming) -> None:
        self._timing = timing
        self._seen: dict[str, Observation] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._seen

    def see(self, record: MemberRecord, resource_version: str, now: float) -> bool:
        """Note a record, which may be late; return whether it says something beside that the member lives."""
        known = self._seen.get(record.name)
        if known is None:
            self._seen[record.name] = Observation(
                record, resource_version, now, now, is_over=record.phase is Phase.LEFT
            )
            return True
        if known.is_over or known.lost_at != math.inf or known.record is None:
            return False
        if is_at_least(known.resource_version, resource_version):
            return False
        before, known.record, known.resource_version = known.record, record, resource_version
        # Also an edit by hand counts: it may have replaced a renewal that was not observed.
        known.renewed_at, known.revoking_at = now, -math.inf
        if record.origin != before.origin:
            known.followed_at = now
        known.is_over = record.phase is Phase.LEFT
        return (before.phase, before.origin, before.capacity, before.acknowledged, before.revision) != (
            record.phase, record.origin, record.capacity, record.acknowledged, record.revision,
        )  # fmt: skip

    def lose(self, name: str, now: float) -> None:
        """Note that the store has no Lease of a member that had one. This is a fact, not the absence from a cache."""
        known = self._seen.setdefault(name, Observation(None, "", now, now))
        known.lost_at = min(known.lost_at, now)

    def end(self, name: str, now: float) -> None:
        """Note that a member can no longer work."""
        self._seen.setdefault(name, Observation(None, "", now, now)).is_over = True

    def restart(self, now: float) -> None:
        """Count all silence from now: renewals could not be observed before."""
        for known in self._seen.values():
            known.renewed_at = max(known.renewed_at, now)

    def revoked(self, name: str) -> None:
        """Note that the Lease was deleted in the state observed last, so that no later renewal exists."""
        known = self._seen.get(name)
        if known is not None:
            known.lost_at = min(known.lost_at, known.renewed_at)

    def revoke_failed(self, name: str) -> None:
        """Note that it is unknown whether the Lease was deleted, or that it has another state."""
        if name in self._seen:
            self._seen[name].revoking_at = -math.inf

    def is_over(self, name: str, now: float) -> bool:
        """Report whether a member can no longer work."""
        known = self._seen.get(name)
        if known is None:
            return False
        if now >= known.lost_at + self._timing.lease_seconds:
            known.is_over = True
        return known.is_over

    def standing(self, name: str, now: float) -> str:
        """Return the state of a member in a word; empty if it was never observed.

        ``joining``, ``active`` and ``leaving`` members live. A ``silent`` one has not renewed for the length of the
        lease. One that is ``gone`` has no Lease, and one that is ``over`` can no longer work.
        """
        known = self._seen.get(name)
        if known is None:
            return ""
        if self.is_over(name, now):
            return "over"
        if known.lost_at != math.inf or known.record is None:
            return "gone"
        if self._is_silent(known, now):
            return "silent"
        return str(known.record.phase) if known.record.origin else "joining"

    def acknowledged(self, name: str, shard: str) -> int:
        """Return the epoch at which a member acknowledged a shard as drained; 0 if it has not."""
        known = self._seen.get(name)
        return known.record.acknowledged.get(shard, 0) if known is not None and known.record is not None else 0

    def to_revoke(self, strange_to: str, since: float, now: float, *, is_settled: bool) -> Iterator[tuple[str, str]]:
        """Yield name and version of the Leases to delete; each counts as requested now.

        Args:
            strange_to: a series of maps that each member must follow.
            since: when the series was observed. Members of another one have so long, and longer, to end by themselves.
            now: the current second.
            is_settled: whether all members of former series were over once; see ``has_aliens``.
        """
        for name, known in self._seen.items():
            if known.record is None or known.lost_at != math.inf or known.is_over:
                continue
            if now < known.revoking_at + self._timing.retry_seconds:
                continue
            patience = max(since, known.followed_at) + PATIENCE * self._timing.lease_seconds
            if self._is_silent(known, now) or (now >= patience and self._is_alien(known, strange_to, is_settled)):
                known.revoking_at = now
                yield name, known.resource_version

    def has_aliens(self, origin: str, now: float, *, is_settled: bool) -> bool:
        """Report whether a member of another series may still work.

        While the series is not settled, each member must follow it: a record that names no series may be an old one,
        which a person put into the Lease of a member of a former series.
        """
        return any(
            self._is_alien(known, origin, is_settled) and not self.is_over(name, now)
            for name, known in self._seen.items()
        )

    def candidates(self, origin: str, now: float) -> Iterator[MemberRecord]:
        """Yield the records of members that may get shards, by name: they live and follow the series."""
        for _, known in sorted(self._seen.items()):
            record = known.record
            if record is None or known.is_over or known.lost_at != math.inf or record.origin != origin:
                continue
            if record.phase is Phase.ACTIVE and not self._is_silent(known, now):
                yield record

    def is_leaving(self, name: str) -> bool:
        """Report whether a member asks for planned moves of all its shards."""
        known = self._seen.get(name)
        return known is not None and known.record is not None and known.record.phase is Phase.LEAVING

    def loads(self) -> dict[str, float]:
        """Return the load of each shard that a member reported."""
        found: dict[str, float] = {}
        for known in self._seen.values():
            if known.record is not None and not known.is_over:
                found.update(known.record.load)
        return found

    def forget(self, mentioned: Iterable[str], before: float) -> None:
        """Forget members that are over since ``before`` and that no map mentions, to bound the memory."""
        kept = set(mentioned)
        for name in [name for name, known in self._seen.items() if known.is_over and known.renewed_at < before]:
            if name not in kept:
                del self._seen[name]

    def _is_silent(self, known: Observation, now: float) -> bool:
        """Report whether no renewal was observed for the length of the lease."""
        return now >= known.renewed_at + self._timing.lease_seconds

    def _is_alien(self, known: Observation, origin: str, is_settled: bool) -> bool:
        """Report whether a member may hold shards of another series of maps."""
        if known.record is None:
            return False
        return known.record.origin not in ({"", origin} if is_settled else {origin})
