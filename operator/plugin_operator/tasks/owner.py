"""``TaskOwner``: starts tasks, reports failures, and stops the tasks within a deadline."""

from collections.abc import Callable, Coroutine
from typing import Any

from plugin_operator import logs
from plugin_operator.clock import Clock
from plugin_operator.tasks.service import Run, Service
from plugin_operator.tasks.supervisor import TaskSupervisor
from plugin_operator.tasks.waiting import AnyTask, cancel_and_wait, start_task, wait_until_done

_log = logs.get_logger(__name__)


class TaskOwner:
    """Holds a strong reference to every task it started, and stops them.

    Args:
        name: prefix of the task names in logs and stack dumps.
        clock: measures the deadline of ``stop`` and the backoff before a restart.
        on_error: called with a one-shot and its exception when it fails; the failure is logged in any case.
        supervisor: notified of services and jobs that end unexpectedly; a private one by default.
    """

    __slots__ = ("_clock", "_name", "_on_error", "_services", "_supervisor", "_tasks")

    def __init__(
        self,
        name: str,
        *,
        clock: Clock,
        on_error: Callable[[AnyTask, BaseException], None] | None = None,
        supervisor: TaskSupervisor | None = None,
    ) -> None:
        self._name = name
        self._clock = clock
        self._on_error = on_error
        self._supervisor = supervisor if supervisor is not None else TaskSupervisor(clock)
        self._tasks: set[AnyTask] = set()
        self._services: set[Service] = set()

    def __len__(self) -> int:
        return len(self._tasks) + len(self._services)

    def spawn(self, coroutine: Coroutine[Any, Any, Any], name: str) -> AnyTask:
        """Start a one-shot task, which runs until it ends or ``stop`` cancels it."""
        task = start_task(coroutine, f"{self._name}/{name}")
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def serve(self, run: Run, name: str, *, kind: str, is_working: Callable[[], bool] = lambda: True) -> Service:
        """Start a service, which runs until ``stop`` or ``Service.cancel``.

        Args:
            run: returns a new coroutine at each start; the coroutine must not return.
            name: name of the task.
            kind: label under which its restarts are counted.
            is_working: reports whether the restarted service works; called some time after each restart.
        """
        return self._add(run, name, kind, is_job=False, is_working=is_working)

    def complete(self, run: Run, name: str, *, kind: str) -> Service:
        """Start a job: like ``serve``, but it is finished once its coroutine returns."""
        return self._add(run, name, kind, is_job=True, is_working=lambda: True)

    async def stop(self, deadline_seconds: float) -> list[str]:
        """Cancel all tasks and wait for them; return the names of those that still run at the deadline."""
        tasks = {*self._tasks, *(service.task for service in self._services)}
        for service in list(self._services):
            service.cancel()
        stubborn = await cancel_and_wait(tasks, deadline_seconds, clock=self._clock)
        return sorted(task.get_name() for task in stubborn)

    async def finish(self, deadline_seconds: float) -> list[str]:
        """Wait for all tasks until the deadline, then ``stop`` the rest within a second deadline of that length."""
        ends = [*self._tasks, *(service.finished for service in self._services)]
        await wait_until_done(ends, deadline_seconds, clock=self._clock)
        return await self.stop(deadline_seconds)

    def _add(self, run: Run, name: str, kind: str, *, is_job: bool, is_working: Callable[[], bool]) -> Service:
        service = Service(
            run,
            f"{self._name}/{name}" if name else self._name,
            kind,
            is_job=is_job,
            is_working=is_working,
            supervisor=self._supervisor,
            clock=self._clock,
        )
        self._services.add(service)
        service.finished.add_done_callback(lambda _: self._services.discard(service))
        return service

    def _ended(self, task: AnyTask) -> None:
        self._tasks.discard(task)
        if task.cancelled():
            return
        error = task.exception()
        if error is None:
            return
        _log.error("Background task failed", task=task.get_name(), exc_info=error)
        if self._on_error is not None:
            self._on_error(task, error)
