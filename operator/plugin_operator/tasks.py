"""Owning tasks: nobody forgets one, nobody waits for one for ever.

Owns ``TaskOwner`` (spawns background tasks, reports the ones that fail, ends them with a deadline) and the helpers that
wait for tasks by a ``Clock``. What a task does, and what to do when it fails, is left to whoever spawns it.
"""

import asyncio
from collections.abc import Callable, Collection, Coroutine
from typing import Any

from plugin_operator import logs
from plugin_operator.clock import Clock

_log = logs.get_logger(__name__)

AnyTask = asyncio.Task[Any]


async def wait_until_done(tasks: Collection[AnyTask], deadline_seconds: float, *, clock: Clock) -> set[AnyTask]:
    """Wait until all tasks have ended or the deadline has passed, and return those that still run.

    The results stay with the tasks. Cancelling the wait does not cancel the tasks.
    """
    running = {task for task in tasks if not task.done()}
    if not running or deadline_seconds <= 0:
        return running
    over = asyncio.get_running_loop().create_future()

    def check(_: AnyTask) -> None:
        if not over.done() and all(task.done() for task in running):
            over.set_result(None)

    timer = clock.call_later(deadline_seconds, lambda: None if over.done() else over.set_result(None))
    for task in running:
        task.add_done_callback(check)
    try:
        await over
    finally:
        timer.cancel()
        for task in running:
            task.remove_done_callback(check)
    return {task for task in running if not task.done()}


async def cancel_and_wait(tasks: Collection[AnyTask], deadline_seconds: float, *, clock: Clock) -> set[AnyTask]:
    """Cancel the tasks, wait for them, and return those that still run at the deadline because they do not obey."""
    for task in tasks:
        task.cancel()
    return await wait_until_done(tasks, deadline_seconds, clock=clock)


class TaskOwner:
    """Keeps a strong reference to every task it spawned and sees to their end.

    Args:
        name: prefix of the tasks' names, seen in logs and in stack dumps.
        clock: measures the deadline of ``stop``.
        on_error: called with a task and its exception when one ends by an exception nobody handled; the failure is
            logged in any case.
    """

    __slots__ = ("_clock", "_name", "_on_error", "_tasks")

    def __init__(
        self, name: str, *, clock: Clock, on_error: Callable[[AnyTask, BaseException], None] | None = None
    ) -> None:
        self._name = name
        self._clock = clock
        self._on_error = on_error
        self._tasks: set[AnyTask] = set()

    def __len__(self) -> int:
        return len(self._tasks)

    def spawn(self, coroutine: Coroutine[Any, Any, Any], name: str) -> AnyTask:
        """Run ``coroutine`` in a task of its own until it ends or ``stop`` cancels it."""
        task = asyncio.get_running_loop().create_task(coroutine, name=f"{self._name}/{name}")
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    async def stop(self, deadline_seconds: float) -> list[str]:
        """Cancel what still runs and wait for it; return the names of the tasks that did not obey in time."""
        stubborn = await cancel_and_wait(list(self._tasks), deadline_seconds, clock=self._clock)
        return sorted(task.get_name() for task in stubborn)

    async def finish(self, deadline_seconds: float) -> list[str]:
        """Let what runs end on its own until the deadline, then ``stop`` the rest within as long again."""
        await wait_until_done(list(self._tasks), deadline_seconds, clock=self._clock)
        return await self.stop(deadline_seconds)

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
