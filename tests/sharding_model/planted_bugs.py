"""Bugs that the model must find: each breaks one rule of the protocol."""

from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from plugin_operator.sharding import Coordinator, Member, MemberRecord, Shard, ShardMap
from plugin_operator.sharding.actions import CoordinatorAction, DrainShard, MemberAction
from plugin_operator.sharding.lease_writer import LeaseState, LeaseWriter, UpdateLease
from plugin_operator.sharding.member_table import MemberTable, Observation
from tests.sharding_model.schedule import Mixed, Parts, Unowned


class EpochIgnored(Coordinator):
    """Accepts the acknowledgement of a former epoch."""

    def _is_acknowledged(self, name: str, shard: Shard) -> bool:
        return shard.is_draining and self.members.acknowledged(shard.owner, name) > 0


class HastyTable(MemberTable):
    """Takes a member for silent as soon as its own fence would close on a clock without drift."""

    def _is_silent(self, known: Observation, now: float) -> bool:
        return now >= known.renewed_at + self._timing.deadline_seconds

    def is_over(self, name: str, now: float) -> bool:
        known = self._seen.get(name)
        return super().is_over(name, now + self._timing.lease_seconds - self._timing.deadline_seconds) and bool(known)


class TakeoverTooEarly(Coordinator):
    """Waits for the deadline of the member and not for the length of the lease."""

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.members = HastyTable(self._timing)


class AcknowledgedBeforeDrained(Member):
    """Acknowledges a shard when it begins to drain."""

    def _follow(self, name: str, shard: Shard) -> list[MemberAction]:
        actions = super()._follow(name, shard)
        for action in actions:
            if isinstance(action, DrainShard):
                self._acknowledge(name, action.epoch)
        return actions


class TrustingTable(MemberTable):
    """Takes silence as proof: a renewal that a late watch does not show is overlooked."""

    def is_over(self, name: str, now: float) -> bool:
        known = self._seen.get(name)
        return super().is_over(name, now) or (known is not None and self._is_silent(known, now))

    def to_revoke(self, strange_to: str, since: float, now: float, *, is_settled: bool) -> Iterator[tuple[str, str]]:
        yield from ()


class TakeoverWithoutProof(Coordinator):
    """Does not delete the Lease of a silent member before it moves the shards."""

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.members = TrustingTable(self._timing)


class LossIsTheEnd(Coordinator):
    """Does not wait for the fence of a member whose Lease was deleted."""

    def on_lease_lost(self, name: str, now: float) -> list[CoordinatorAction]:
        self.members.end(name, now)
        return super().on_lease_lost(name, now)


class FoundedAtOnce(Coordinator):
    """Gives shards of a new map to members at once, while members of the lost map still work."""

    def _may_assign(self, current: ShardMap, now: float) -> bool:
        return True


class EditsAccepted(Coordinator):
    """Follows a map that was edited or restored by hand."""

    def _judged(self, stored: Any, now: float) -> Any:
        content = stored.content
        judged = super()._judged(stored, now)
        if content is None:
            return judged
        version = stored.generation
        content = content.changed({}, object_uid=stored.uid, version=version)
        return type(stored)(stored.uid, stored.resource_version, version, content)


class FenceFromTheAnswer(Member):
    """Counts the fence from the answer to a renewal and not from the request."""

    def on_renewed(self, number: int, now: float) -> list[MemberAction]:
        if number in self._sent:
            self._sent[number] = now
        return super().on_renewed(number, now)


class LeaseAdopted(LeaseWriter):
    """Renews a Lease that a person restored, as if it were the one that was deleted."""

    def on_found(self, record: MemberRecord, state: LeaseState) -> UpdateLease | None:
        self._known = state
        return super().on_found(record, state)


class RevisionsIgnored(Coordinator):
    """Gives shards to members with any revision."""

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._revision._choose = lambda members, shards: None  # type: ignore[method-assign]
        self._revision.gives_away = lambda name, now: False  # type: ignore[method-assign]

    def _changes(self, current: ShardMap, now: float) -> dict[str, Shard]:
        for each in self.members._seen.values():
            if each.record is not None:
                each.record = replace(each.record, revision=None)
        return super()._changes(current, now)


class RevisionKept(Coordinator):
    """Stays with the revision that was chosen first, also when no member holds it any more."""

    def _changes(self, current: ShardMap, now: float) -> dict[str, Shard]:
        first = self._revision.name
        changes = super()._changes(current, now)
        if first is not None:
            self._revision._choose = lambda members, shards: None  # type: ignore[method-assign]
        return changes


#: Bugs of the choice of a revision. They make no two owners, but show when the trouble is over.
PLANTED_IN_REVISIONS: dict[str, tuple[Parts, type[AssertionError]]] = {
    "revisions ignored": (Parts(coordinator=RevisionsIgnored), Mixed),
    "first revision kept": (Parts(coordinator=RevisionKept), Unowned),
}

#: The three bugs that the issue of this protocol names, and more.
PLANTED: dict[str, Parts] = {
    "no epoch check": Parts(coordinator=EpochIgnored),
    "takeover too early": Parts(coordinator=TakeoverTooEarly),
    "acknowledged before drained": Parts(member=AcknowledgedBeforeDrained),
    "takeover without proof": Parts(coordinator=TakeoverWithoutProof),
    "no wait after a deleted Lease": Parts(coordinator=LossIsTheEnd),
    "no wait after a lost map": Parts(coordinator=FoundedAtOnce),
    "edits by hand accepted": Parts(coordinator=EditsAccepted),
    "fence from the answer": Parts(member=FenceFromTheAnswer),
    "restored Lease adopted": Parts(writer=LeaseAdopted),
}
