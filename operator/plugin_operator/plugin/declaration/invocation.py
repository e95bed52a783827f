"""Calling functions of plugins, whether ``async def`` or plain ``def``."""

import inspect
from collections.abc import Awaitable, Callable
from typing import Any, cast

from plugin_operator.threads import ThreadRunner

AnyFunction = Callable[..., Any]

# Parameter names of kopf handlers, which expect keyword arguments.
_OF_KOPF = frozenset({"spec", "meta", "status", "name", "namespace", "body", "patch", "logger", "old", "new", "diff"})
_CONTEXT_NAMES = frozenset({"ctx", "context"})


def is_async(function: AnyFunction) -> bool:
    """Report whether a call of ``function`` returns a coroutine; it unwraps partials, wrappers and callable objects."""
    while hasattr(function, "func") and not inspect.isroutine(function):
        function = function.func
    unwrapped = inspect.unwrap(function)
    if inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(unwrapped):
        return True
    if inspect.isroutine(unwrapped) or isinstance(unwrapped, type):
        return False
    return inspect.iscoroutinefunction(getattr(unwrapped, "__call__", None))  # noqa: B004 - to inspect it


def accepts(function: AnyFunction, count: int) -> bool:
    """Report whether ``function`` can be called with exactly ``count`` positional arguments."""
    try:
        inspect.signature(function).bind(*range(count))
    except TypeError:
        return False
    except ValueError:
        return True  # a builtin without a signature
    return True


def map_shape(function: AnyFunction) -> tuple[bool, bool] | None:
    """Return whether a map function takes a context before the object, and whether it takes ``old``.

    None if it can be called neither as ``map(obj)`` nor as ``map(ctx, obj)``, with or without ``old=``.
    """
    try:
        signature = inspect.signature(function)
    except TypeError:
        return None
    except ValueError:
        return False, False  # a builtin without a signature
    old = signature.parameters.get("old")
    takes_old = old is not None and old.kind in {old.POSITIONAL_OR_KEYWORD, old.KEYWORD_ONLY}
    keywords = {"old": None} if takes_old else {}
    for takes_context in (False, True):
        try:
            signature.bind(*range(1 + takes_context), **keywords)
        except TypeError:
            continue
        return takes_context, takes_old
    return None


def is_generator(function: AnyFunction) -> bool:
    """Report whether a call of ``function`` returns a generator and so runs no code; it unwraps wrappers."""
    while hasattr(function, "func") and not inspect.isroutine(function):
        function = function.func
    functions = [function, inspect.unwrap(function)]
    functions += [] if inspect.isroutine(function) else [getattr(function, "__call__", None)]  # noqa: B004 - as above
    return any(inspect.isgeneratorfunction(each) or inspect.isasyncgenfunction(each) for each in functions)


def unfilled(function: AnyFunction, count: int) -> str:
    """Return the parameters that expect keyword arguments, which are never passed; empty if there are none.

    A wrapper with ``*args, **kwargs`` expects none.
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
    """Report whether the second parameter is named like a context, and the first is not."""
    try:
        names = list(inspect.signature(function).parameters)[:2]
    except (TypeError, ValueError):
        return False
    return len(names) > 1 and names[1] in _CONTEXT_NAMES and names[0] not in _CONTEXT_NAMES


async def call(function: AnyFunction, *args: Any, threads: ThreadRunner | None) -> Any:
    """Call ``function`` and return its result: await a coroutine function, run a plain one in a thread.

    Args:
        function: the function to call with ``args``.
        args: positional arguments.
        threads: threads for plain functions; None runs them on the event loop.

    On cancel it waits until a plain function has returned: see ``ThreadRunner.run``.
    """
    if is_async(function):
        return await cast("Awaitable[Any]", function(*args))
    result = function(*args) if threads is None else await threads.run(function, *args)
    if inspect.isawaitable(result):
        # A lambda or wrapper may return a coroutine without being a coroutine function.
        return await result
    return result
