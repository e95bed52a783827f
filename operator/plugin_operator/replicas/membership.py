"""This replica as a member: drives ``sharding.Member`` by its Lease and the map.

Owns the fence of the process. It opens with each renewal, and work waits while there is none. Stands in for a
``LeaderElector``: a member whose Lease was deleted ends the process, which joins again with a new name. Leaves caches
and queues to ``OwnedShards``.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import NoReturn, Protocol

from plugin_operator import logs
from plugin_operator.cache import OwnedShards
from plugin_operator.clock import Clock
from plugin_operator.errors import ConflictError, LeadershipLost
from plugin_operator.replicas.map_watch import MapWatch
from plugin_operator.replicas.member_fence import MemberFence
from plugin_operator.replicas.member_leases import MemberLeases
from plugin_operator.replicas.store_answers import FAILURES
from plugin_operator.sharding import LEAD, LeaseWriter, Member, MemberRecord, Phase, StoredMap
from plugin_operator.sharding.actions import DrainShard, MemberAction, Publish, StopMember
from plugin_operator.sharding.hand_over import HandOver, starts_and_drains
from plugin_operator.sharding.lease_writer import LookUpLease, UpdateLease, lease_of
from plugin_operator.sharding.loads.observed_load import ObservedLoad
from plugin_operator.tasks import TaskOwner, TaskSupervisor

_POLL_SECONDS = 0.02
_STOP_SECONDS = 1.0
_READY_SECONDS = 30.0
_TICKS_A_RETRY = 2

_log = logs.get_logger(__name__)


class Host(Protocol):
    """The process of which the membership is a part."""

    def is_ready(self) -> bool:
        """Report whether shards would find their plugins loaded."""

    def revision(self) -> str:
        """Return what names the operator's version and the plugins that run; a short text."""

    def has_other(self, member: str, origin: str) -> bool:
        """Report whether another member follows a series of maps and may get shards, also if it owns none."""

    def request_stop(self) -> None:
        """End the process in order."""

    async def resign(self) -> None:
        """Let another replica coordinate: the process ends. Must be short and must not raise."""


class ReplicaMembership:
    """One life of this replica as a member.

    Args:
        leases: requests about the Lease of this member.
        map_watch: reports the map.
        shards: the part of the objects of this process.
        fence: opened by each renewal.
        host: the process; joining waits a while until it is ready.
        clock: measures time.
        supervisor: notified if a task ends unexpectedly.
    """

    def __init__(
        self,
        leases: MemberLeases,
        map_watch: MapWatch,
        shards: OwnedShards,
        fence: MemberFence,
        *,
        host: Host,
        clock: Clock,
        supervisor: TaskSupervisor | None = None,
    ) -> None:
        self._leases = leases
        self._map_watch = map_watch
        self._shards = shards
        self._fence = fence
        self._host = host
        self._timing = leases.timing
        self._clock = clock
        self._tasks = TaskOwner("membership", clock=clock, supervisor=supervisor)
        self._hand_over = HandOver(shards, self._tasks)
        self._load = ObservedLoad(shards, clock)
        self._member: Member | None = None
        self._writer: LeaseWriter | None = None
        self._map: StoredMap | None = None
        self._is_open = asyncio.Event()
        self._is_over = asyncio.Event()
        self._is_leaving = False
        self._has_joined = False
        self._has_worked = False
        self._reason = ""

    # ---- what others see

    @property
    def member(self) -> str:
        """Name of this life; empty before it has joined."""
        return self._member.name if self._member is not None else ""

    @property
    def owned(self) -> Sequence[str]:
        """Names of the shards that this replica works on, draining ones included."""
        return tuple(self._member.held) if self._member is not None else ()

    @property
    def leader(self) -> str:
        """Name of the Lease of the replica that runs what runs once; empty if none does."""
        shards = self._map.intact if self._map is not None else None
        return lease_of(shards.shards[LEAD].owner)[0] if shards is not None and LEAD in shards.shards else ""

    @property
    def leads_until(self) -> float | None:
        """Monotonic second at which the fence closes; None while it is closed, or was never opened. Thread-safe."""
        return self._fence.closes_at

    def is_leader(self) -> bool:
        """Report whether this replica may run now what runs once."""
        return self._shards.leads and self._fence.is_open

    # ---- the life of a member

    async def run(self, on_lead: Callable[[], None]) -> NoReturn:
        """Join, call ``on_lead`` after the first renewal, and renew until cancelled.

        Raises:
            LeadershipLost: this life is over, and not because the process stops.
        """
        if self._member is None:
            await self._join()
        await self._is_open.wait()
        on_lead()
        await self._is_over.wait()
        if self._has_left():
            await asyncio.Event().wait()  # the process stops in order
        # The fence is closed, and others wait for a lease before they work: there is time for one request.
        await self._host.resign()
        raise LeadershipLost(f"membership {self.member} has ended: {self._reason}")

    async def leave(self, deadline_seconds: float) -> None:
        """Let other replicas take the shards, one map at a time, while this one still works on the rest.

        Returns once all that can move has moved, at the deadline, or at once if there is no other replica.
        """
        member = self._member
        if member is None:
            return
        self._is_leaving = True
        end = self._clock.monotonic() + deadline_seconds
        self._do(member.leave(self._clock.monotonic()))
        while self._can_move(member) and self._clock.monotonic() < end:
            await self._clock.sleep(_POLL_SECONDS)

    async def release(self) -> None:
        """State that all work has stopped, so that others need not wait for the Lease to expire. Never raises."""
        self._is_leaving = True
        self._fence.close()
        member = self._member
        if member is not None and not member.is_over:
            self._do(member.finish(self._clock.monotonic()))
            timer = self._clock.call_later(self._timing.renew_seconds, self._is_over.set)
            await self._is_over.wait()
            timer.cancel()
            _log.info("Membership ended" if self._reason else "Lease not released; it will expire", lease=member.name)
        await self._tasks.stop(_STOP_SECONDS)

    async def _join(self) -> None:
        end = self._clock.monotonic() + _READY_SECONDS
        while not self._host.is_ready() and self._clock.monotonic() < end:
            await self._clock.sleep(_POLL_SECONDS)
        while True:
            try:
                created = await self._leases.create()
            except FAILURES as error:
                _log.warning("Lease of this replica not created", reason=str(error))
                await self._clock.sleep(self._timing.retry_seconds)
            else:
                break
        self._writer = LeaseWriter(created)
        self._member = Member(created.member, timing=self._timing, now=self._clock.monotonic())
        self._member.revision = self._host.revision()
        _log.info("Replica joined", lease=created.member, revision=self._member.revision)
        if not self._has_joined:
            self._has_joined = True
            self._tasks.serve(self._renew, "renew", kind="member-renew")
            self._map_watch.follow(self._follow)
        self._map_watch.hint()

    async def _renew(self) -> None:
        while True:
            member, now = self._member, self._clock.monotonic()
            if member is not None:
                if self._map is not None and self._map.intact is not None:
                    member.load = self._load.of(member.held, self._map.intact.slices)
                if now >= member.next_tick:
                    member.revision = self._host.revision()
                self._do(member.tick(now))
            await self._clock.sleep(self._timing.retry_seconds / _TICKS_A_RETRY)

    def _follow(self, stored: StoredMap | None) -> None:
        if stored is None or self._member is None:
            return
        if stored.intact is not None:
            self._map = stored
        self._do(self._member.on_map(stored, self._clock.monotonic()))

    def _can_move(self, member: Member) -> bool:
        """Report whether a shard is left that another replica can take."""
        shards = self._map.intact if self._map is not None else None
        if shards is None or not any(each != LEAD for each in member.held):
            return False
        names = {name for shard in shards.shards.values() for name in (shard.owner, shard.target)}
        return bool(names - {"", member.name}) or self._host.has_other(member.name, shards.origin)

    def _has_left(self) -> bool:
        return self._member is not None and self._member.phase is Phase.LEFT

    # ---- actions

    def _do(self, actions: Sequence[MemberAction]) -> None:
        """Carry actions out."""
        started, drained = starts_and_drains(actions)
        if started:
            self._start(started)
        if drained:
            self._drain(drained)
        for each in actions:
            match each:
                case Publish():
                    self._tasks.spawn(self._publish(each.record), "publish")
                case StopMember():
                    self._end(each.reason)

    def _start(self, names: Sequence[str]) -> None:
        shards = self._map.intact if self._map is not None else None
        if shards is not None:
            self._has_worked = True
            self._hand_over.start(shards, names)

    def _drain(self, drained: Sequence[DrainShard]) -> None:
        if any(each.shard == LEAD for each in drained) and not self._is_leaving:
            self._host.request_stop()
        shards = self._map.intact if self._map is not None else None
        # What runs once ends with the process: ``release`` gives it away.
        slices = [each for each in drained if each.shard != LEAD]
        if slices and shards is not None:
            self._hand_over.drain(shards, slices, self._tell_drained)

    def _tell_drained(self, drained: Sequence[DrainShard]) -> None:
        if self._member is not None:
            self._do(self._member.on_several_drained(drained, self._clock.monotonic()))

    async def _publish(self, record: MemberRecord) -> None:
        member, writer = self._member, self._writer
        if member is None or writer is None:
            return
        if await self._written(writer, record):
            self._do(member.on_renewed(record.renewals, self._clock.monotonic()))
            if self._fence.extend(member.fence_until):
                self._is_open.set()
        elif writer.is_lost:
            self._do(member.on_lease_lost("its Lease was deleted"))
        else:
            self._do(member.on_publish_failed(record.renewals, self._clock.monotonic()))

    async def _written(self, writer: LeaseWriter, record: MemberRecord) -> bool:
        """Write a record; return whether the store has it."""
        request: UpdateLease | LookUpLease | None = writer.publish(record)
        try:
            if isinstance(request, LookUpLease):
                found = await self._leases.read(lease_of(record.name)[0])
                if found is None:
                    writer.on_missing()
                    return False
                request = writer.on_found(record, found[0])
            if request is None:
                return False
            writer.on_written(await self._leases.write(request.record, request.known))
        except FAILURES as error:
            writer.on_doubt()
            level = _log.debug if isinstance(error, ConflictError) else _log.warning
            level("Lease not renewed", lease=record.name, reason=str(error))
            return False
        return True

    def _end(self, reason: str) -> None:
        if not self._has_worked and not self._is_leaving:
            # Nothing is to be stopped. The coordinator in this process must outlive the series that it replaces.
            _log.info("Replica joins again", reason=reason)
            self._member = None
            self._tasks.spawn(self._join(), "join")
            return
        self._reason = reason
        self._fence.close()
        self._is_over.set()
