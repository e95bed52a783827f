"""``WorkerSet``: all workers as one Runnable.

Owns what concerns all of them: leadership, what one of them has done with a plugin, and the order of a stop. Leaves
the life of each process to its ``WorkerSlot``.
"""

import asyncio
import math
from collections.abc import Callable
from typing import Any

import msgspec

from plugin_operator import logs
from plugin_operator.clock import Clock
from plugin_operator.errors import PluginOperatorError
from plugin_operator.processes.blame.blame import WorkerBlame
from plugin_operator.processes.blame.endings import described_status
from plugin_operator.processes.local_coordinator import LocalCoordinator
from plugin_operator.processes.messages import (
    Held,
    MapState,
    Message,
    Quarantine,
    Ruling,
    Runs,
    Suspended,
    Vote,
    Welcome,
)
from plugin_operator.processes.peers.ballots import Ballots
from plugin_operator.processes.peers.reports import Reports
from plugin_operator.processes.presence import Presence
from plugin_operator.processes.slot import BLOCKED_SECONDS, Forks, WorkerSlot
from plugin_operator.sharding import MemberRecord, StoredMap
from plugin_operator.tasks import TaskOwner, TaskSupervisor

_TICK_SECONDS = 0.5
_ANSWER_SECONDS = 1.5
_STOP_SECONDS = 1.0

_log = logs.get_logger(__name__)


class LoadedPlugin(msgspec.Struct, frozen=True):
    """A plugin that all workers run.

    Attributes:
        name: its name.
        digest: digest of its active revision.
    """

    name: str
    digest: str


class WorkerSet:
    """Runs the workers; ``lead`` lets them reconcile.

    Args:
        count: number of workers.
        forks: starts processes.
        held_until: returns the second until which this process leads: infinite without a Lease, minus infinite while
            leadership is in doubt.
        blame: names the plugin that has ended a worker.
        fail: called when a first process cannot start, or none can be started any more.
        clock: measures silence and backoff.
        supervisor: notified of tasks that end unexpectedly.

    Attributes:
        slots: the workers, by number.
        presences: whether each of them answers.
        coordinator: decides which worker owns which shards.
    """

    name = "workers"

    def __init__(
        self,
        count: int,
        forks: Forks,
        *,
        blame: WorkerBlame,
        held_until: Callable[[], float],
        fail: Callable[[str, BaseException], None],
        clock: Clock,
        supervisor: TaskSupervisor | None = None,
    ) -> None:
        self._forks = forks
        self._blame = blame
        self._held_until = held_until
        self._fail = fail
        self._clock = clock
        self._tasks = TaskOwner(self.name, clock=clock, supervisor=supervisor)
        self.slots = [WorkerSlot(number, forks, self, clock) for number in range(count)]
        self.presences = [Presence(slot) for slot in self.slots]
        self.coordinator = LocalCoordinator(count, publish=self._publish, revoke=self._revoke, clock=clock)
        self._reports = Reports()
        self._ballots = Ballots(range(count), lambda number, what: self.slots[number].send(what), clock)
        self._leads = False
        self._stopped = False

    @property
    def is_settled(self) -> bool:
        """Whether the plugins of all workers have reached the state of their files."""
        return all(each.alive is not None and each.alive.settled for each in self.slots)

    def status(self) -> list[LoadedPlugin]:
        """Return the plugins and digests that all workers run."""
        reports = [dict(each.alive.plugins) if each.alive is not None else {} for each in self.slots]
        first, *others = reports
        common = {name: digest for name, digest in first.items() if all(each.get(name) == digest for each in others)}
        return [LoadedPlugin(name, digest) for name, digest in common.items()]

    async def start(self) -> None:
        """Start all workers; returns before they have started."""
        await self._forks.open()
        for slot in self.slots:
            self._tasks.complete(slot.run, f"worker {slot.number}", kind="worker")
        self._tasks.serve(self._watch, "watch", kind="workers-watch")
        self._tasks.complete(self._wait_for_nursery, "nursery", kind="workers-nursery")

    def lead(self) -> None:
        """Let the workers reconcile, because this process leads."""
        self._leads = True
        self.renewed()

    def renewed(self) -> None:
        """Tell the workers until when this process leads, also while they drain."""
        if self._leads:
            self._broadcast(self._leadership())

    async def stop(self, deadline_seconds: float) -> None:
        """Let all workers drain and end, kill those that do not end within the deadline, and end the nursery.

        Raises:
            PluginOperatorError: a worker did not end in order.
        """
        if self._stopped:
            return
        self._stopped = True
        self._forks.wake()
        found = await asyncio.gather(*(slot.stop(deadline_seconds) for slot in self.slots))
        await self._tasks.stop(_STOP_SECONDS)
        await self._forks.close()
        ends = zip(self.slots, map(described_status, found), found, strict=True)
        if bad := [f"worker {slot.number} ({how})" for slot, how, code in ends if code]:
            raise PluginOperatorError(f"workers did not end in order: {', '.join(bad)}")

    async def ask(self, what: str, about: str = "") -> list[Any]:
        """Return the answers of all workers by number, as decoded JSON; None for one that has not answered in time."""
        return await asyncio.gather(*(slot.ask(what, about, seconds=_ANSWER_SECONDS) for slot in self.slots))

    def greet(self, slot: WorkerSlot) -> list[Message]:
        """Return the first messages to a new process."""
        tried = {digest for each in self.slots for digest in each.plugins.values()}
        first: list[Message] = [
            Welcome(slot.life, self._reports.all(), tuple(sorted(tried))),
            *MapState.of(self.coordinator.stored),
        ]
        return [*first, self._leadership()] if self._leads else first

    def reported(self, slot: WorkerSlot, what: Quarantine | Ruling | Runs | Vote) -> None:
        """Tell the other workers what one has done with a content, and keep it for those that start later."""
        if isinstance(what, Vote):
            self._ballots.vote(slot.number, what)
            return
        self._blame.note(what)
        self._note_in_ballots(slot.number, what)
        if not self._reports.note(what) or isinstance(what, Runs):
            return
        for each in self.slots:
            if each is not slot:
                each.send(what)

    def _note_in_ballots(self, number: int, what: Message) -> None:
        match what:
            case Runs():
                self._ballots.runs(number, what)
            case Quarantine():
                self._ballots.rolled_back(what)

    def published(self, slot: WorkerSlot, record: MemberRecord) -> None:
        """Give shards to a worker that has joined, and take note of those that it has drained; not while stopping."""
        if not self._stopped:
            self.coordinator.published(slot.number, record)

    def exited(self, slot: WorkerSlot) -> None:
        """Keep the shards of an ended worker for its next life."""
        self.coordinator.exited(slot.number)
        self._ballots.ended(slot.number)
        if slot.ending is None or self._stopped:
            return
        for verdict in self._blame.ended(slot.number, slot.ending):
            self._reports.note(verdict)
            self._note_in_ballots(slot.number, verdict)
            self._broadcast(verdict)

    def cannot_start(self, slot: WorkerSlot, error: PluginOperatorError) -> None:
        """End the operator with the reason of its worker."""
        self._fail(f"worker {slot.number}", error)

    def _publish(self, stored: StoredMap) -> None:
        for each in MapState.of(stored):
            self._broadcast(each)

    def _revoke(self, life: str) -> None:
        for slot in self.slots:
            if slot.life == life:
                slot.kill()

    def _leadership(self) -> Message:
        until = self._held_until()
        if until == -math.inf:
            return Suspended()
        return Held(until if until < math.inf else None)

    def _broadcast(self, message: Message) -> None:
        for slot in self.slots:
            slot.send(message)

    async def _watch(self) -> None:
        """Count the silence of the workers in turns of this loop: a suspended machine blocks no worker."""
        while True:
            await self._clock.sleep(_TICK_SECONDS)
            self._forks.wake()
            for slot, presence in zip(self.slots, self.presences, strict=True):
                slot.tick(_TICK_SECONDS)
                presence.tick()
                self._blame.silent(slot.number, is_long=slot.silent_seconds >= BLOCKED_SECONDS / 2)
            if not self._stopped:
                self.coordinator.tick()  # the last worker of a stop needs no shards of those that have ended

    async def _wait_for_nursery(self) -> None:
        await self._forks.gone.wait()
        how = f" ({self._forks.ending})" if self._forks.ending else ""
        way_out = "if memory has run out, raise the memory limit, or lower --processes"
        self._fail(self.name, PluginOperatorError(f"the process that starts the workers has ended{how}: {way_out}"))
