"""Running a coroutine in a context of its own without a task of its own."""

import asyncio
import contextvars
import types
from collections.abc import Callable, Coroutine, Generator
from typing import Any, TypeVar

from plugin_operator.containment.foreign_futures import ORDINARY, waiting_for

T = TypeVar("T")


@types.coroutine
def in_context(coroutine: Coroutine[Any, Any, T], context: contextvars.Context) -> Generator[Any, Any, T]:
    """Await ``coroutine`` within the running task, with ``context`` as its context variables.

    The task stays the current one, so that ``asyncio.timeout`` and cancellation work as ever. What the coroutine sets
    stays in ``context``. On cancellation the coroutine gets the ``CancelledError``. What it waits for may be of any
    type: its errors are the coroutine's.

    Raises:
        BaseException: what the coroutine raises, as it is.
    """
    run = context.run
    step: Any = coroutine.send
    value: Any = None
    while True:
        try:
            yielded = run(step, value)
        except StopIteration as stop:
            result: T = stop.value
            return result
        try:
            value = yield yielded if type(yielded) in ORDINARY else waiting_for(yielded)
            step = coroutine.send
        except GeneratorExit:
            run(coroutine.close)
            raise
        except BaseException as error:  # noqa: BLE001 - handed to the coroutine, whatever it is
            step, value = coroutine.throw, error


def run_without_task(context: contextvars.Context, function: Callable[..., T], *args: Any) -> T:
    """Call plain code in ``context`` so that it sees no current task: the one it runs in is not its own to cancel.

    By the functions that asyncio's documentation gives to other implementations of tasks and event loops.
    """
    loop = asyncio._get_running_loop()  # noqa: SLF001 - see above
    task = asyncio.current_task(loop) if loop is not None else None
    if loop is None or task is None:
        return context.run(function, *args)
    asyncio.tasks._leave_task(loop, task)  # noqa: SLF001
    try:
        return context.run(function, *args)
    finally:
        asyncio.tasks._enter_task(loop, task)  # noqa: SLF001


def is_cancelled_from_outside(error: BaseException) -> bool:
    """Tell whether ``error`` is there because the running task was asked to end, or its loop is gone.

    A ``CancelledError`` or ``GeneratorExit`` without such a reason was raised by the code that was called; so is all
    else, for code can cancel the task it runs in and then raise what it likes.
    """
    if not issubclass(type(error), asyncio.CancelledError | GeneratorExit):
        return False
    try:
        task = asyncio.current_task()
    except RuntimeError:
        return True
    return task is None or task.cancelling() > 0
