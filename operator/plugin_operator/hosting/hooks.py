"""Calling a hook of a plugin so that, whatever the author wrote, it is the plugin's trouble alone."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from plugin_operator import logs
from plugin_operator.clock import Clock
from plugin_operator.errors import PluginRejected
from plugin_operator.plugin import BoundController
from plugin_operator.tasks import start_task, wait_until_done

T = TypeVar("T")

_log = logs.get_logger(__name__)


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
        PluginRejected: it raised, ``SystemExit`` included, or did not end within the deadline.
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
    except asyncio.CancelledError:  # nobody cancelled it in time: the hook itself let one through
        raise PluginRejected(f"{name} raised CancelledError", path=declaration.path, line=declaration.line) from None


async def _told(bound: BoundController, name: str, hook: Callable[[], Awaitable[T]]) -> T:
    try:
        return await hook()
    except (Exception, SystemExit, KeyboardInterrupt) as error:  # noqa: BLE001 - the author's, whatever it is; reported
        # Caught inside the task: asyncio ends the event loop, and with it the operator, for the last two.
        scope, declaration = bound.scope, bound.declaration
        _log.exception("Plugin hook failed", plugin=scope.plugin, revision=scope.revision, hook=name)
        what = f"{name} raised {type(error).__name__}: {error}"
        raise PluginRejected(what, path=declaration.path, line=declaration.line) from None
