"""The members as each replica observes them, whether it coordinates or not.

Owns the watch on the Leases of members. So a replica that is elected knows already which members are silent, and the
objects of a killed coordinator wait for one lease and not for two. Each replica renews a Lease of its own. So a watch
without events shows that nothing was observed; then all silence counts from the next event.
"""

import math
from collections.abc import Mapping
from typing import Protocol

from plugin_operator.cache import CachedObject, Informer, InformerKey
from plugin_operator.clock import Clock
from plugin_operator.kube import NamespacedName
from plugin_operator.replicas.lease_names import GROUP_LABEL, LEASE, RECORD_KEY, LeaseNames
from plugin_operator.replicas.map_watch import Factory
from plugin_operator.replicas.member_leases import named_record
from plugin_operator.sharding import MemberRecord, MembershipTiming
from plugin_operator.sharding.lease_writer import LeaseState
from plugin_operator.sharding.member_table import MEMORY, MemberTable

#: Of ``holderIdentity``: a host name and a uuid.
_MOST_CHARACTERS = 300


class Follower(Protocol):
    """The coordinator, while it runs in this process: it notes what it observes by itself, in the same table."""

    def on_record(self, state: LeaseState, record: MemberRecord) -> None:
        """Note the record of a member."""

    def on_gone(self, member: str) -> None:
        """Note that a Lease is gone."""


class ObservedMembers:
    """Runnable that keeps a table of all members.

    Args:
        names: of the Leases.
        factory: watches them.
        timing: of membership.
        clock: measures silence.

    Attributes:
        table: what was observed; a coordinator of this process decides by it.
    """

    name = "observation of replicas"

    def __init__(self, names: LeaseNames, factory: Factory, *, timing: MembershipTiming, clock: Clock) -> None:
        self._names = names
        self._factory = factory
        self._timing = timing
        self._clock = clock
        self._informer: Informer | None = None
        self._follower: Follower | None = None
        self._heard_at = -math.inf
        # ``holderIdentity`` of the Lease of each member: names its pod. Of no use for decisions.
        self._holders: dict[str, str] = {}
        self.table = MemberTable(timing)

    async def start(self) -> None:
        """Start without waiting for the server."""
        names = self._names
        self._informer = self._factory.acquire(
            InformerKey(LEASE, names.namespace, label_selector=f"{GROUP_LABEL}={names.group}")
        )
        self._informer.add_handler(self)

    async def stop(self, deadline_seconds: float) -> None:
        """Close the watch within the factory's own deadline."""
        del deadline_seconds
        if self._informer is not None:
            informer, self._informer = self._informer, None
            await self._factory.release(informer)

    def follow(self, follower: Follower | None) -> None:
        """Let ``follower`` note what is observed from now on; None ends that."""
        self._follower = follower

    def is_current(self) -> bool:
        """Report whether the watch was heard so lately that a member without a renewal was silent."""
        return self._clock.monotonic() < self._heard_at + self._timing.lease_seconds - self._timing.renew_seconds

    def present(self) -> dict[str, str]:
        """Return ``holderIdentity`` of each member that has a Lease, by the name of the member."""
        return dict(self._holders)

    def standing(self, member: str) -> str:
        """Return the state of a member in a word, see ``MemberTable.standing``; empty if it is not known."""
        if not self.is_current():
            return ""  # silence shows nothing while the watch is silent
        return self.table.standing(member, self._clock.monotonic())

    def has_other(self, member: str, origin: str) -> bool:
        """Report whether another member follows a series of maps and may get shards, also if it owns none."""
        return any(each.name != member for each in self.table.candidates(origin, self._clock.monotonic()))

    def on_add(self, key: NamespacedName, new: CachedObject, is_initial: bool) -> None:
        """Note the record of a member."""
        del is_initial
        self._see(key, new)

    def on_update(self, key: NamespacedName, old: CachedObject, new: CachedObject) -> None:
        """Note the record of a member."""
        del old
        self._see(key, new)

    def on_delete(self, key: NamespacedName, old: CachedObject) -> None:
        """Note that a Lease is gone."""
        self._hear()
        member = LeaseState(key.name, old.uid, old.resource_version).member
        self._holders.pop(member, None)
        if self._follower is not None:
            self._follower.on_gone(member)
        else:
            self.table.lose(member, self._clock.monotonic())

    def _see(self, key: NamespacedName, lease: CachedObject) -> None:
        self._hear()
        state = LeaseState(key.name, lease.uid, lease.resource_version)
        record = named_record((lease.metadata().annotations or {}).get(RECORD_KEY, ""), state.member)
        if record is None:
            return
        if state.member not in self._holders:
            self._holders[state.member] = _holder_of(lease)
        if self._follower is not None:
            self._follower.on_record(state, record)
        else:
            self.table.see(record, state.resource_version, self._clock.monotonic())

    def _hear(self) -> None:
        now = self._clock.monotonic()
        if self._follower is None:
            if not self.is_current():
                self.table.restart(now)
            self.table.forget((), now - MEMORY * self._timing.lease_seconds)
        self._heard_at = now


def _holder_of(lease: CachedObject) -> str:
    """Return who holds a Lease, cut to the length of an identity; anyone may write anything there."""
    spec = lease.decode().get("spec")
    holder = spec.get("holderIdentity") if isinstance(spec, Mapping) else None
    return holder[:_MOST_CHARACTERS] if isinstance(holder, str) else ""
