"""Services and jobs: background work that is restarted when it ends unexpectedly."""

import asyncio
from collections.abc import Awaitable, Callable

from plugin_operator.clock import Clock, Timer
from plugin_operator.connection_backoff import Backoff
from plugin_operator.tasks.supervisor import TaskSupervisor
from plugin_operator.tasks.threads import TaskBroke
from plugin_operator.tasks.waiting import AnyTask, start_task

_RESTART_SECONDS = 0.1
_RESTART_CAP_SECONDS = 30.0
_FORGIVEN_AFTER_SECONDS = 60.0

Run = Callable[[], Awaitable[object]]


class Service:
    """A service or job and the task that runs it; ``TaskOwner`` creates it.

    Attributes:
        name: name of its tasks.
        kind: label under which its restarts are counted.
        finished: done once the service is stopped or the job has returned.
        task: the current task, or the last one.
    """

    __slots__ = (
        "__weakref__", "_backoff", "_clock", "_is_job", "_is_working", "_run", "_stopping", "_supervisor",
        "_timer", "finished", "kind", "name", "task",
    )  # fmt: skip

    def __init__(
        self,
        run: Run,
        name: str,
        kind: str,
        *,
        is_job: bool,
        is_working: Callable[[], bool],
        supervisor: TaskSupervisor,
        clock: Clock,
    ) -> None:
        self.name = name
        self.kind = kind
        self.finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._run = run
        self._is_job = is_job
        self._is_working = is_working
        self._supervisor = supervisor
        self._clock = clock
        self._stopping = False
        self._timer: Timer | None = None
        self._backoff = Backoff(
            clock,
            base_seconds=_RESTART_SECONDS,
            cap_seconds=_RESTART_CAP_SECONDS,
            reset_after_seconds=_FORGIVEN_AFTER_SECONDS,
        )
        supervisor.expects(kind)
        self.task = self._begin()

    def cancel(self) -> None:
        """Cancel the task without a restart."""
        self._stopping = True
        if self._timer is not None:
            self._timer.cancel()
        self._supervisor.forget(self)
        if self.task.done():
            self._finish()
        else:
            self.task.cancel()

    def _begin(self) -> AnyTask:
        task = start_task(_contained(self._run), self.name)
        task.add_done_callback(self._ended)
        return task

    def _begin_again(self) -> None:
        self._timer = None
        self.task = self._begin()
        self._supervisor.restarted(self, self.name, self._is_working)

    def _ended(self, task: AnyTask) -> None:
        error = None if task.cancelled() else task.exception()
        is_returned = error is None and not task.cancelled()
        if self._stopping or self._supervisor.is_closed or (self._is_job and is_returned):
            self._supervisor.forget(self)
            self._finish()
            return
        self._supervisor.lost(self, self.kind, self.name, error, cancelled=task.cancelled())
        self._timer = self._clock.call_later(self._backoff.next_seconds(), self._begin_again)

    def _finish(self) -> None:
        if not self.finished.done():
            self.finished.set_result(None)


async def _contained(run: Run) -> None:
    try:
        await run()
    except (SystemExit, KeyboardInterrupt) as error:
        # asyncio re-raises these two out of the event loop, which would end the process.
        raise TaskBroke("it would have ended the process") from error
