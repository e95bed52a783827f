"""Calling what an author wrote, whether it is ``async def`` or plain ``def``."""

import inspect
from collections.abc import Awaitable, Callable
from typing import Any, cast

from plugin_operator.plugin.threads import ThreadRunner

AnyFunction = Callable[..., Any]


def is_async(function: AnyFunction) -> bool:
    """Tell whether calling ``function`` gives a coroutine; looks through partials, wrappers and callable objects."""
    while hasattr(function, "func") and not inspect.isroutine(function):
        function = function.func
    unwrapped = inspect.unwrap(function)
    if inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(unwrapped):
        return True
    if inspect.isroutine(unwrapped) or isinstance(unwrapped, type):
        return False
    return inspect.iscoroutinefunction(getattr(unwrapped, "__call__", None))  # noqa: B004 - its kind is asked


def accepts(function: AnyFunction, count: int) -> bool:
    """Tell whether ``function`` can be called with ``count`` positional arguments and nothing else."""
    try:
        inspect.signature(function).bind(*range(count))
    except TypeError:
        return False
    except ValueError:
        return True  # a builtin that does not tell
    return True


async def call(function: AnyFunction, *args: Any, threads: ThreadRunner | None) -> Any:
    """Call ``function`` and return its result: a coroutine function is awaited, a plain one runs in a thread.

    Args:
        function: what to call, and ``args`` for it.
        args: positional arguments.
        threads: where a plain function runs; None runs it here, on the event loop.

    On cancellation a plain function's thread is waited for first: see ``ThreadRunner.run``.
    """
    if is_async(function):
        return await cast("Awaitable[Any]", function(*args))
    result = function(*args) if threads is None else await threads.run(function, *args)
    if inspect.isawaitable(result):
        # A lambda or wrapper around an async def does not look like one.
        return await result
    return result
