"""Starting tasks and waiting for them, always with a deadline."""

import asyncio
import contextvars
from collections.abc import Collection, Coroutine
from typing import Any, TypeVar

from plugin_operator.clock import Clock

T = TypeVar("T")

AnyTask = asyncio.Task[Any]
AnyFuture = asyncio.Future[Any]


def start_task(
    coroutine: Coroutine[Any, Any, T], name: str, *, context: contextvars.Context | None = None
) -> "asyncio.Task[T]":
    """Start a task that the caller awaits, or whose result it handles in a done callback."""
    return asyncio.get_running_loop().create_task(coroutine, name=name, context=context)


async def wait_until_done(tasks: Collection[AnyFuture], deadline_seconds: float, *, clock: Clock) -> set[AnyFuture]:
    """Wait until all tasks have ended or the deadline has passed, and return those that still run.

    It does not consume results or exceptions. Cancelling the wait does not cancel the tasks.
    """
    running = {task for task in tasks if not task.done()}
    if not running or deadline_seconds <= 0:
        return running
    over = asyncio.get_running_loop().create_future()

    def check(_: AnyFuture) -> None:
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
    """Cancel the tasks, wait for them, and return those that still run at the deadline."""
    for task in tasks:
        task.cancel()
    await wait_until_done(tasks, deadline_seconds, clock=clock)
    return {task for task in tasks if not task.done()}
