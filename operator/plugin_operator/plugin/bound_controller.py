"""One declared controller of one revision, ready to run: the reconciler for the controller layer, and the hooks."""

from collections.abc import Callable
from typing import Any

import msgspec

from plugin_operator.containment import PluginGuard
from plugin_operator.controllers import Request, Result
from plugin_operator.plugin.context.context import Context, ControllerContext
from plugin_operator.plugin.context.scope import ControllerScope
from plugin_operator.plugin.declaration.declarations import ControllerDeclaration
from plugin_operator.plugin.declaration.invocation import call, is_async
from plugin_operator.plugin.runtime.task_tracking import mark_reconcile
from plugin_operator.rendering import Locate, class_name, places_in
from plugin_operator.threads import ThreadRunner


class BoundController:
    """Joins a declaration with the scope it runs in.

    Args:
        declaration: what the author declared.
        scope: client, caches and names.
        guard: what the author's code runs in.
    """

    __slots__ = ("_reconcile_threads", "_threads", "declaration", "guard", "scope")

    def __init__(self, declaration: ControllerDeclaration, scope: ControllerScope, guard: PluginGuard) -> None:
        self.declaration = declaration
        self.scope = scope
        self.guard = guard
        self._threads = ThreadRunner(f"plugin-{scope.plugin}-{scope.controller}")
        self._reconcile_threads = None if is_async(declaration.reconcile) else self._threads

    @property
    def name(self) -> str:
        """The controller's name."""
        return self.declaration.name

    async def reconcile(self, request: Request) -> Result | None:
        """Call the author's reconcile function in the guard and check what it returns.

        ``hosting.runtime.reconcile_steps`` says what happens before, and after.

        Raises:
            TypeError: it returned something other than None or a ``Result``.
            BaseException: what the author's code raised, as it is.
        """
        context = Context(self.scope, request)
        try:
            call = _reconciling(self.declaration.reconcile, context, request, self._reconcile_threads)
            return _result_of(self.declaration, await self.guard.drive(call))
        except BaseException:
            self.guard.note_reconcile(request, context.reconcile_id)
            raise

    def places(self, request: Request, locate: Locate) -> tuple[str, ...]:
        """Return files and lines where the thread of a plain ``def`` is that reconciles this very ``request`` now.

        The innermost first; empty if no thread does, or none of the plugin's own code runs in it.
        """
        return places_in(self._threads.frame_of(request), locate)

    async def start(self) -> None:
        """Run the ``start(ctx)`` hook, if there is one; its exception is the caller's."""
        await self._hook(self.declaration.start, ControllerContext(self.scope))

    async def stop(self) -> None:
        """Run the ``stop(ctx)`` hook, if there is one; its exception is the caller's."""
        await self._hook(self.declaration.stop, ControllerContext(self.scope))

    async def export_state(self) -> bytes | None:
        """Return what ``export_state()`` gives as JSON, or None if there is no such hook.

        JSON and not the objects themselves, because those belong to the revision that goes.

        Raises:
            TypeError: the state is not JSON-like.
        """
        if self.declaration.export_state is None:
            return None
        state = await self._hook(self.declaration.export_state)
        return msgspec.json.encode(state)

    async def import_state(self, state: bytes) -> None:
        """Hand ``import_state(state)`` what the revision before exported; nothing happens without that hook."""
        if self.declaration.import_state is not None:
            await self._hook(self.declaration.import_state, msgspec.json.decode(state))

    async def _hook(self, hook: Callable[..., Any] | None, *args: Any) -> Any:
        if hook is None:
            return None
        return await self.guard.drive(call(hook, *args, threads=self._threads))


def _result_of(declaration: ControllerDeclaration, returned: object) -> Result | None:
    if returned is None or isinstance(returned, Result):
        return returned
    # Its type and not itself, for it may be a whole Secret, and this shows in the log and the status.
    # No frame of the plugin's is on the traceback of what it returned.
    place = f"{declaration.path}:{declaration.line}" if declaration.line else declaration.path
    where = f"{declaration.name!r} ({place})" if place else repr(declaration.name)
    raise TypeError(f"reconcile of {where} returned a {class_name(returned)}: return None or a Result")


async def _reconciling(
    function: Callable[..., Any], context: Context, request: Request, threads: ThreadRunner | None
) -> Any:
    """Call the function, in the guard from the first step on: it may be plain code that returns a coroutine."""
    mark_reconcile(context)
    if threads is None:
        return await function(context, request)
    return await call(function, context, request, threads=threads)
