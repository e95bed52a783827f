"""The worker's part in the sharding: follows the map, and tells which shards are drained.

Owns what ``sharding.Member`` asks for. Leaves caches and queues to ``OwnedShards``.
"""

import asyncio
from collections.abc import Callable, Sequence

from plugin_operator import logs
from plugin_operator.cache import OwnedShards
from plugin_operator.clock import Clock
from plugin_operator.sharding import LEAD, Member, MemberRecord, MembershipTiming, ShardMap, StoredMap
from plugin_operator.sharding.actions import DrainShard, MemberAction, Publish, StopMember
from plugin_operator.sharding.hand_over import HandOver, starts_and_drains
from plugin_operator.sharding.loads.observed_load import ObservedLoad
from plugin_operator.tasks import TaskOwner, TaskSupervisor

_TICK_SECONDS = 0.5
_FIRST_SHARDS_SECONDS = 10.0

_log = logs.get_logger(__name__)


class MemberEnd:
    """One life of a worker as a member.

    Args:
        name: name of this life.
        shards: the part of the objects of this process.
        publish: sends the record of this member to the supervisor.
        give_up: ends the process in order, because it must give up what only one worker runs.
        leave: ends the process at once, because this life is over.
        clock: measures time.
        supervisor: notified if a task ends unexpectedly.
    """

    def __init__(
        self,
        name: str,
        shards: OwnedShards,
        *,
        publish: Callable[[MemberRecord], None],
        give_up: Callable[[], None],
        leave: Callable[[], None],
        clock: Clock,
        supervisor: TaskSupervisor | None = None,
    ) -> None:
        self._member = Member(name, timing=MembershipTiming(), now=clock.monotonic())
        self._shards = shards
        self._load = ObservedLoad(shards, clock)
        self._publish = publish
        self._give_up = give_up
        self._leave = leave
        self._clock = clock
        self._slices: ShardMap | None = None
        self._owns_some = asyncio.Event()
        self._tasks = TaskOwner("shards", clock=clock, supervisor=supervisor)
        self._hand_over = HandOver(shards, self._tasks)

    async def start(self) -> None:
        """Join, and wait a while for the first shards: caches then list them at once."""
        self._tasks.serve(self._renew, "renew", kind="shards-renew")
        timer = self._clock.call_later(_FIRST_SHARDS_SECONDS, self._owns_some.set)
        await self._owns_some.wait()
        timer.cancel()

    async def stop(self, deadline_seconds: float) -> None:
        """Stop."""
        await self._tasks.stop(deadline_seconds)

    def follow(self, stored: StoredMap) -> None:
        """Follow a map of the supervisor."""
        self._slices = stored.intact or self._slices
        self._do(self._member.on_map(stored, self._clock.monotonic()))

    def renewed(self, number: int) -> None:
        """Note that the supervisor has the record with this number."""
        self._do(self._member.on_renewed(number, self._clock.monotonic()))

    async def _renew(self) -> None:
        while True:
            if self._slices is not None:
                self._member.load = self._load.of(self._member.held, self._slices.slices)
            self._do(self._member.tick(self._clock.monotonic()))
            await self._clock.sleep(_TICK_SECONDS)

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
                    self._publish(each.record)
                case StopMember():
                    _log.error("Worker must not reconcile any more, exiting", reason=each.reason)
                    self._leave()

    def _start(self, names: Sequence[str]) -> None:
        if self._slices is not None:
            self._hand_over.start(self._slices, names)
            self._owns_some.set()

    def _drain(self, drained: Sequence[DrainShard]) -> None:
        if any(each.shard == LEAD for each in drained):
            self._give_up()
        elif self._slices is not None:
            self._hand_over.drain(self._slices, drained, self._tell_drained)

    def _tell_drained(self, drained: Sequence[DrainShard]) -> None:
        self._do(self._member.on_several_drained(drained, self._clock.monotonic()))
