"""Calling what an author wrote, whether it is ``async def`` or plain ``def``."""

import inspect
from collections.abc import Awaitable, Callable
from typing import Any, cast

from plugin_operator.threads import ThreadRunner

AnyFunction = Callable[..., Any]

# What handlers of kopf name their arguments; no two of them are a context and a request.
_OF_KOPF = frozenset({"spec", "meta", "status", "name", "namespace", "body", "patch", "logger", "old", "new", "diff"})


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


def is_generator(function: AnyFunction) -> bool:
    """Tell whether calling ``function`` gives a generator, which runs nothing by itself; looks through wrappers."""
    while hasattr(function, "func") and not inspect.isroutine(function):
        function = function.func
    functions = [function, inspect.unwrap(function)]
    functions += [] if inspect.isroutine(function) else [getattr(function, "__call__", None)]  # noqa: B004 - as above
    return any(inspect.isgeneratorfunction(each) or inspect.isasyncgenfunction(each) for each in functions)


def unfilled(function: AnyFunction, count: int) -> str:
    """Return which parameters look as if keywords were expected, which are never passed; empty if none does.

    A wrapper that passes on ``*args, **kwargs`` expects nothing.
    """
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return ""
    kinds = {each.kind for each in parameters}
    if inspect.Parameter.VAR_KEYWORD in kinds and inspect.Parameter.VAR_POSITIONAL not in kinds:
        return next(f"**{each.name}" for each in parameters if each.kind is inspect.Parameter.VAR_KEYWORD)
    wanted = [each.name for each in parameters[:count] if each.name in _OF_KOPF]
    return " and ".join(map(repr, wanted)) if len(wanted) == count else ""


def are_swapped(function: AnyFunction) -> bool:
    """Tell whether the first two parameters are named like a request and a context, in this order."""
    try:
        names = list(inspect.signature(function).parameters)[:2]
    except (TypeError, ValueError):
        return False
    return len(names) > 1 and names[0] in {"request", "req"} and names[1] in {"ctx", "context"}


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
