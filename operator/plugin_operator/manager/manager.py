"""``Manager``: starts Runnables in order and stops them in reverse.

Owns the order, the leader-only Runnables, the deadlines and the exit status. Signal handlers call ``request_stop``.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from plugin_operator import logs, tasks
from plugin_operator.clock import Clock
from plugin_operator.errors import LeadershipLost, PluginOperatorError
from plugin_operator.manager.election import Election
from plugin_operator.manager.runnable import Runnable

# Share of the remaining grace period for each stop: later Runnables still release the Lease and flush Events if a
# reconcile does not end.
_SHARE_OF_THE_REST = 0.8
_CANCEL_SECONDS = 0.5
_ELECTION = "manager/election"

_log = logs.get_logger(__name__)


class Manager:
    """Runs Runnables until a stop is requested or one of them fails; each instance runs once.

    Args:
        runnables: started in this order, on standbys too.
        leader_runnables: started after them when this process becomes the leader.
        elector: leader elector; None means that this process always leads.
        grace_seconds: deadline for stopping all Runnables.
        clock: measures the grace period.
        supervisor: notified when a task of the manager ends unexpectedly.
    """

    def __init__(
        self,
        runnables: Sequence[Runnable],
        leader_runnables: Sequence[Runnable] = (),
        *,
        elector: Election | None = None,
        grace_seconds: float = 30.0,
        clock: Clock,
        supervisor: tasks.TaskSupervisor | None = None,
    ) -> None:
        self._runnables = tuple(runnables)
        self._leader_runnables = tuple(leader_runnables)
        self._elector = elector
        self._grace_seconds = grace_seconds
        self._clock = clock
        self._supervisor = supervisor if supervisor is not None else tasks.TaskSupervisor(clock)
        self._started: list[Runnable] = []
        self._starting = ""
        self._life: asyncio.Task[None] | None = None
        self._election: asyncio.Task[None] | None = None
        self._leading = asyncio.Event()
        self._wanted = asyncio.Event()
        self._error: BaseException | None = None
        self._culprit = ""

    @property
    def lost_leadership(self) -> bool:
        """Whether ``run`` ended by a lost Lease: no Runnable was stopped, and the process must exit at once."""
        return isinstance(self._error, LeadershipLost)

    @property
    def stopping(self) -> bool:
        """Whether the manager is stopping."""
        return self._wanted.is_set()

    def request_stop(self) -> None:
        """Stop gracefully; does nothing if the manager is stopping already."""
        if not self._wanted.is_set():
            _log.info("Stopping: draining reconciles in flight", parts=len(self._started))
        self._wanted.set()

    def fail(self, name: str, error: BaseException) -> None:
        """Stop with status 1 because the Runnable ``name`` failed; the first failure counts."""
        if self._error is None:
            self._error, self._culprit = error, name
        self._wanted.set()

    async def run(self) -> int:
        """Start all Runnables, wait until a stop is due, stop them, and return the exit status.

        Cancelling stops all Runnables like ``request_stop`` and then raises.

        Raises:
            PluginOperatorError: a Runnable could not start, for a reason that the user can fix.
        """
        try:
            while not self._wanted.is_set():
                await self._wait_for_the_end()
        finally:
            if self._life is not None:
                self._life.cancel()
            if not self.lost_leadership:
                await asyncio.gather(*self._unfinished_life(), return_exceptions=True)
                clean = await self._stop_all()
        if self.lost_leadership:
            _log.error("Leadership lost, exiting", reason=str(self._error))
            return 1
        return self._verdict(clean=clean)

    def _verdict(self, *, clean: bool) -> int:
        error = self._error
        if error is None:
            return 0 if clean else 1
        if isinstance(error, PluginOperatorError):
            raise error
        _log.error("Runnable failed", part=self._culprit, exc_info=error)
        return 1

    async def _wait_for_the_end(self) -> None:
        """Wait until a stop is due, and restart the manager's own task if it ends unexpectedly."""
        if self._life is None:
            self._life = tasks.start_task(self._live(), "manager")
        wanted = tasks.start_task(self._wanted.wait(), "manager/stop")
        try:
            await asyncio.wait({wanted, *self._unfinished_life()}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            wanted.cancel()
        if self._wanted.is_set() or not self._life.done():
            return
        error = None if self._life.cancelled() else self._life.exception()
        if self._life.cancelled() or error is not None:
            self._life_broke(error)

    def _unfinished_life(self) -> list[tasks.AnyTask]:
        return [self._life] if self._life is not None and not self._life.done() else []

    def _life_broke(self, error: BaseException | None) -> None:
        """Restart the task, or fail if the start of a Runnable was interrupted. None stands for a cancellation."""
        self._life = None
        if self._starting:
            self.fail(self._starting, error or RuntimeError("its start was cancelled by other code in this process"))
        else:
            self._supervisor.lost(self, "manager", "manager", error, cancelled=error is None)
            self._supervisor.restarted(self, "manager")

    async def _live(self) -> None:
        try:
            for runnable in self._runnables:
                await self._start(runnable)
            await self._lead()
        except LeadershipLost as error:
            self.fail("leader election", error)
        except Exception as error:
            if not self._starting:
                raise
            # An exception of a start is the reason for the exit.
            self.fail(self._starting, error)

    async def _lead(self) -> None:
        if self._elector is not None:
            if self._election is None:
                self._elect(self._elector)
            await self._leading.wait()
        await self._start_leader_part()

    def _elect(self, elector: Election) -> None:
        self._election = tasks.start_task(elector.run(self._leading.set), _ELECTION)
        self._election.add_done_callback(self._election_ended)

    def _election_ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self.fail("leader election", error)
        elif not self._wanted.is_set() and self._elector is not None:
            # Only other code in this process can have cancelled it. A restart renews a held Lease in time.
            self._supervisor.lost(self._elector, "election", _ELECTION, None, cancelled=task.cancelled())
            self._elect(self._elector)
            self._supervisor.restarted(self._elector, _ELECTION)

    async def _start_leader_part(self) -> None:
        for runnable in self._leader_runnables:
            await self._start(runnable)

    async def _start(self, runnable: Runnable) -> None:
        if runnable in self._started:
            return
        self._started.append(runnable)
        _log.debug("Starting", part=runnable.name)
        self._starting = runnable.name
        await runnable.start()
        self._starting = ""

    async def _stop_all(self) -> bool:
        """Stop Runnables in reverse; release the Lease only if all leader Runnables have stopped."""
        self._wanted.set()
        end = self._clock.monotonic() + self._grace_seconds
        leader_part = [runnable for runnable in self._started if runnable in self._leader_runnables]
        others = [runnable for runnable in self._started if runnable not in self._leader_runnables]
        clean = True
        for runnable in reversed(leader_part):
            clean &= await self._stop(runnable.name, runnable.stop, end)
        if self._elector is not None:
            release = self._stop_election if clean else self._leave_election
            clean &= await self._stop("leader election", release, end)
        for runnable in reversed(others):
            clean &= await self._stop(runnable.name, runnable.stop, end)
        return clean

    async def _leave_election(self, deadline_seconds: float) -> None:
        """Stop the elector without releasing the Lease, because leader Runnables still run."""
        if self._election is not None:
            await tasks.cancel_and_wait([self._election], deadline_seconds, clock=self._clock)

    async def _stop_election(self, deadline_seconds: float) -> None:
        await self._leave_election(deadline_seconds)
        if self._elector is not None:
            await self._elector.release()

    async def _stop(self, name: str, stop: Callable[[float], Coroutine[Any, Any, None]], end: float) -> bool:
        seconds = max(0.0, end - self._clock.monotonic()) * _SHARE_OF_THE_REST
        _log.debug("Stopping", part=name, deadline_seconds=round(seconds, 3))
        task = tasks.start_task(stop(seconds), f"manager/stop {name}")
        if await tasks.wait_until_done([task], seconds + _CANCEL_SECONDS, clock=self._clock):
            _log.error("Runnable not stopped within its deadline", part=name)
            await tasks.cancel_and_wait([task], _CANCEL_SECONDS, clock=self._clock)
            return False
        if task.cancelled():
            return False
        if (error := task.exception()) is not None:
            known = isinstance(error, PluginOperatorError)
            _log.error("Runnable stop failed", part=name, reason=str(error), exc_info=None if known else error)
            return False
        return True
