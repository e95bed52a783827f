"""Calling a hook of a plugin so that, whatever the author wrote, it is the plugin's trouble alone."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from plugin_operator.clock import Clock
from plugin_operator.containment import is_cancelled_from_outside
from plugin_operator.errors import PluginRejected
from plugin_operator.plugin import BoundController
from plugin_operator.rendering import describe
from plugin_operator.tasks import start_task, wait_until_done

T = TypeVar("T")


async def run_hook(
    bound: BoundController, name: str, hook: Callable[[], Awaitable[T]], *, deadline_seconds: float, clock: Clock
) -> T:
    """Call a hook and return its result.

    Args:
        bound: the controller it belongs to.
        name: of the hook, for people.
        hook: what to call.
        deadline_seconds: how long it may take; past it, or if this is cancelled, the hook is cancelled and not waited
            for.
        clock: measures the deadline.

    Raises:
        PluginRejected: it raised anything at all, or did not end within the deadline.
    """
    declaration = bound.declaration
    task = start_task(_told(bound, name, hook), f"hook/{bound.scope.plugin}/{name}")
    try:
        if await wait_until_done([task], deadline_seconds, clock=clock):
            what = f"{name} did not end within {deadline_seconds:g} s"
            raise PluginRejected(what, path=declaration.path, line=declaration.line)
    finally:
        task.cancel()
    try:
        return task.result()
    except asyncio.CancelledError:  # nobody cancelled it in time: the hook cancelled its own task
        raise PluginRejected(f"{name} cancelled its task", path=declaration.path, line=declaration.line) from None


async def _told(bound: BoundController, name: str, hook: Callable[[], Awaitable[T]]) -> T:
    try:
        return await hook()
    except BaseException as error:
        # Caught inside the task: asyncio ends the event loop, and with it the operator, for some of them.
        if is_cancelled_from_outside(error):
            raise
        bound.guard.report(name, None, error)
        path, _, line = bound.guard.place_of(error).rpartition(":")
        declaration = bound.declaration
        # A callable that is no function of Python's has no line of its own.
        place = (path, int(line)) if path else (declaration.path, declaration.line)
        raise PluginRejected(f"{name} raised {describe(error)}", path=place[0], line=place[1]) from None
