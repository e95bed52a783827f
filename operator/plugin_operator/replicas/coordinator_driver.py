"""The coordinator of replicas: drives ``sharding.Coordinator`` by requests and by what this process observes.

Owns which requests carry its actions out, and when it is cut off: it decides nothing then, and counts all silence again
afterwards. Removes Leases that no one needs.
"""

import uuid
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from plugin_operator import logs
from plugin_operator.clock import Clock
from plugin_operator.replicas.map_lease import MapLease
from plugin_operator.replicas.map_watch import MapWatch
from plugin_operator.replicas.member_leases import MemberLeases
from plugin_operator.replicas.observed_members import ObservedMembers
from plugin_operator.replicas.store_answers import FAILURES, RequestLog
from plugin_operator.sharding import Coordinator, MemberRecord, Phase, StoredMap
from plugin_operator.sharding.actions import (
    CoordinatorAction,
    ListLeases,
    ReadLease,
    ReadMap,
    RevokeLease,
    WriteMap,
)
from plugin_operator.sharding.lease_writer import LeaseState, lease_of
from plugin_operator.tasks import TaskOwner, TaskSupervisor

T = TypeVar("T")
Listed = Sequence[tuple[LeaseState, MemberRecord | None]]

_STOP_SECONDS = 1.0
#: A Lease without a record is removed after so many leases: its member has not joined.
_EMPTY_LEASES = 4.0

_log = logs.get_logger(__name__)


class CoordinatorDriver:
    """One coordinator, from an election to its end.

    Args:
        leases: requests about the Leases of members.
        map_lease: requests about the map.
        map_watch: reports the map.
        observed: watches the Leases of members, also while another replica coordinates.
        clock: measures time.
        supervisor: notified if a task ends unexpectedly.
    """

    def __init__(
        self,
        leases: MemberLeases,
        map_lease: MapLease,
        map_watch: MapWatch,
        observed: ObservedMembers,
        *,
        clock: Clock,
        supervisor: TaskSupervisor | None = None,
    ) -> None:
        self._leases = leases
        self._map_lease = map_lease
        self._map_watch = map_watch
        self._observed = observed
        self._timing = leases.timing
        self._clock = clock
        self._tasks = TaskOwner("coordinator", clock=clock, supervisor=supervisor)
        self._machine = Coordinator(timing=leases.timing, new_origin=lambda: uuid.uuid4().hex, members=observed.table)
        self._is_cut_off = not observed.is_current()
        self._unfollow: Callable[[], None] = lambda: None
        self._empty_since: dict[str, float] = {}
        self._requests = RequestLog(_log)

    def start(self) -> None:
        """Observe and decide until ``stop``."""
        self._observed.follow(self)
        self._unfollow = self._map_watch.follow(self._on_map)
        self._tasks.serve(self._observe, "lists", kind="coordinator-lists")
        self._tasks.serve(self._tick, "ticks", kind="coordinator-ticks")

    async def stop(self) -> None:
        """Decide nothing more; requests on their way are harmless."""
        self._observed.follow(None)
        self._unfollow()
        await self._tasks.stop(_STOP_SECONDS)

    # ---- events

    def on_record(self, state: LeaseState, record: MemberRecord) -> None:
        """Note the record of a member."""
        self._hear()
        self._do(self._machine.on_lease(record, state.resource_version, self._now))

    def on_gone(self, member: str) -> None:
        """Note that a Lease is gone."""
        self._hear()
        self._do(self._machine.on_lease_lost(member, self._now))

    def _on_map(self, stored: StoredMap | None) -> None:
        self._hear()
        now = self._now
        self._do(self._machine.on_map(stored, now) if stored is not None else self._machine.on_map_doubt(now))

    # ---- time

    @property
    def _now(self) -> float:
        return self._clock.monotonic()

    def _hear(self) -> None:
        """Count silence from now if the store was away: the first answer after an outage may be about the map."""
        if self._is_cut_off:
            self._is_cut_off = False
            self._machine.on_reconnected(self._now)

    async def _tick(self) -> None:
        while True:
            if not self._is_cut_off:
                self._do(self._machine.tick(self._now))
            await self._clock.sleep(self._timing.retry_seconds)

    async def _observe(self) -> None:
        """List the Leases at intervals: the watch may be silent, and a list that fails shows an outage."""
        while True:
            try:
                listed = await self._leases.list()
            except FAILURES as error:
                if not self._is_cut_off:
                    _log.warning("Leases of replicas not listed; no shard moves", reason=str(error))
                self._is_cut_off = True
                await self._clock.sleep(self._timing.retry_seconds)
                continue
            self._hear()
            for state, record in listed:
                if record is not None:
                    self._do(self._machine.on_lease(record, state.resource_version, self._now))
            self._sweep(listed)
            await self._clock.sleep(self._timing.renew_seconds)

    def _sweep(self, listed: Listed) -> None:
        """Remove the Leases of members that have left, and of those that never joined."""
        shards = self._machine.map
        if shards is None or not shards.is_settled:
            return
        mentioned = {name for shard in shards.shards.values() for name in (shard.owner, shard.target)}
        empty = {state.uid for state, record in listed if record is None}
        self._empty_since = {uid: self._empty_since.get(uid, self._now) for uid in empty}
        for state, record in listed:
            if record is None:
                is_over = self._now >= self._empty_since[state.uid] + _EMPTY_LEASES * self._timing.lease_seconds
            else:
                is_over = record.phase is Phase.LEFT
            if is_over and state.member not in mentioned:
                self._tasks.spawn(self._remove(state), "remove")

    async def _remove(self, state: LeaseState) -> None:
        try:
            await self._leases.delete(state)
        except FAILURES as error:
            self._requests.failed("Lease of a former replica not removed", error, lease=state.name)

    # ---- actions

    def _do(self, actions: Sequence[CoordinatorAction]) -> None:
        for each in actions:
            self._tasks.spawn(self._carry_out(each), type(each).__name__)

    async def _carry_out(self, action: CoordinatorAction) -> None:
        match action:
            case ReadMap():
                await self._until_answered(self._map_lease.read, self._read)
            case WriteMap():
                await self._write(action)
            case ListLeases():
                number = action.number
                await self._until_answered(self._leases.list, lambda listed: self._listed(number, listed))
            case ReadLease():
                name = action.name
                await self._until_answered(
                    lambda: self._leases.read(lease_of(name)[0]), lambda found: self._looked(name, found)
                )
            case RevokeLease():
                await self._revoke(action)

    async def _until_answered(self, ask: Callable[[], Awaitable[T]], take: Callable[[T], None]) -> None:
        """Ask until there is an answer; the machine asks again after its own deadline."""
        end = self._now + self._timing.deadline_seconds
        while self._now < end:
            try:
                answer = await ask()
            except FAILURES as error:
                self._requests.failed("Coordinator's request failed", error)
                await self._clock.sleep(self._timing.retry_seconds)
            else:
                self._hear()
                take(answer)
                return

    def _read(self, stored: StoredMap | None) -> None:
        now = self._now
        self._do(self._machine.on_map(stored, now) if stored is not None else self._machine.on_map_absent(now))

    def _listed(self, number: int, listed: Listed) -> None:
        records = [(record, state.resource_version) for state, record in listed if record is not None]
        self._do(self._machine.on_listed(number, records, self._now))

    def _looked(self, name: str, found: Any) -> None:
        if found is None or found[0].member != name:
            self._do(self._machine.on_lease_lost(name, self._now))
        elif found[1] is not None:
            self._do(self._machine.on_lease(found[1], found[0].resource_version, self._now))

    async def _write(self, action: WriteMap) -> None:
        try:
            stored = await self._map_lease.write(action.content, action.resource_version)
        except FAILURES as error:
            self._requests.failed("Shard map not written", error)
            await self._clock.sleep(self._timing.retry_seconds)  # else reads and denied writes follow without a pause
            self._do(self._machine.on_map_doubt(self._now))
            return
        _log.info("Shard map written", version=action.content.version, series=action.content.origin)
        self._hear()
        self._map_watch.hint()
        self._do(self._machine.on_map(stored, self._now))

    async def _revoke(self, action: RevokeLease) -> None:
        name, lease_uid = lease_of(action.name)
        try:
            await self._leases.delete(LeaseState(name, lease_uid, action.resource_version))
        except FAILURES as error:
            self._requests.failed("Lease of a silent replica not revoked; its shards stay", error, lease=name)
            self._do(self._machine.on_revoke_failed(action.name))
            return
        _log.warning("Lease of a silent replica revoked", lease=name)
        self._hear()
        self._do(self._machine.on_revoked(action.name, self._now))
