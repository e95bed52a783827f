"""Calling hooks of plugins in isolation, with a deadline."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from plugin_operator.clock import Clock
from plugin_operator.containment import is_cancelled_from_outside
from plugin_operator.error_hints import described
from plugin_operator.errors import PluginRejected
from plugin_operator.plugin import BoundController
from plugin_operator.tasks import start_task, wait_until_done

T = TypeVar("T")


async def run_hook(
    bound: BoundController, name: str, hook: Callable[[], Awaitable[T]], *, deadline_seconds: float, clock: Clock
) -> T:
    """Call a hook and return its result.

    Args:
        bound: controller of the hook.
        name: name of the hook, for messages.
        hook: the function to call.
        deadline_seconds: deadline of the hook. After it, or on cancel, the hook is cancelled without waiting for it.
        clock: measures the deadline.

    Raises:
        PluginRejected: the hook raised any exception, or did not end within the deadline.
    """
    declaration = bound.declaration
    task = start_task(_reporting(bound, name, hook), f"hook/{bound.scope.plugin}/{name}")
    try:
        if await wait_until_done([task], deadline_seconds, clock=clock):
            what = f"{name} did not end within {deadline_seconds:g} s"
            raise PluginRejected(what, path=declaration.path, line=declaration.line)
    finally:
        task.cancel()
    try:
        return task.result()
    except asyncio.CancelledError:  # without a request from outside, the hook cancelled its own task
        raise PluginRejected(f"{name} cancelled its task", path=declaration.path, line=declaration.line) from None


async def _reporting(bound: BoundController, name: str, hook: Callable[[], Awaitable[T]]) -> T:
    try:
        return await hook()
    except BaseException as error:
        # Caught inside the task, because asyncio would re-raise some of them out of the event loop.
        if is_cancelled_from_outside(error):
            raise
        bound.guard.report(name, None, error)
        path, _, line = bound.guard.place_of(error).rpartition(":")
        declaration = bound.declaration
        # A callable without a code object has no line.
        place = (path, int(line)) if path else (declaration.path, declaration.line)
        raise PluginRejected(f"{name} raised {described(error)}", path=place[0], line=place[1]) from None
