"""Running a coroutine in a context of its own, but in the current task."""

import asyncio
import contextvars
import types
from collections.abc import Callable, Coroutine, Generator
from typing import Any, TypeVar

from plugin_operator.containment.foreign_futures import ORDINARY, waiting_for

T = TypeVar("T")


@types.coroutine
def in_context(coroutine: Coroutine[Any, Any, T], context: contextvars.Context) -> Generator[Any, Any, T]:
    """Await ``coroutine`` in the current task, with ``context`` as its context variables.

    The task stays the current one, so that ``asyncio.timeout`` and cancellation work as usual. Variables that the
    coroutine sets stay in ``context``. On cancel the coroutine receives the ``CancelledError``. It may await futures of
    any class; their errors are raised inside the coroutine.

    Raises:
        BaseException: any exception of the coroutine, unchanged.
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
        except BaseException as error:  # noqa: BLE001 - thrown into the coroutine
            step, value = coroutine.throw, error


def run_without_task(context: contextvars.Context, function: Callable[..., T], *args: Any) -> T:
    """Call ``function`` in ``context`` without a current task, which plugin code could cancel.

    It uses the functions that asyncio documents for other implementations of tasks and event loops.
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
    """Report whether ``error`` is a cancellation of the running task, or the end of its loop.

    Without such a request, the called code itself raised the ``CancelledError`` or ``GeneratorExit``. Any other type
    returns False, because code can cancel its own task and then raise another exception.
    """
    if not issubclass(type(error), asyncio.CancelledError | GeneratorExit):
        return False
    try:
        task = asyncio.current_task()
    except RuntimeError:
        return True
    return task is None or task.cancelling() > 0
