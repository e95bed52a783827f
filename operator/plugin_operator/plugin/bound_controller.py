"""``BoundController``: reconciler and hooks of one declared controller in one revision."""

from collections.abc import Callable
from typing import Any

import msgspec

from plugin_operator.cache import CachedObject
from plugin_operator.containment import PluginGuard
from plugin_operator.controllers import Request, Result
from plugin_operator.plugin.context.cleanup_context import CleanupContext
from plugin_operator.plugin.context.context import Context
from plugin_operator.plugin.context.controller_context import ControllerContext
from plugin_operator.plugin.context.scope import ControllerScope
from plugin_operator.plugin.declaration.declarations import ControllerDeclaration
from plugin_operator.plugin.declaration.invocation import call, is_async
from plugin_operator.plugin.runtime.task_tracking import mark_reconcile
from plugin_operator.rendering import Locate, class_name, places_in
from plugin_operator.threads import ThreadRunner


class BoundController:
    """A declared controller, bound to the scope in which it runs.

    Args:
        declaration: the declaration of the controller.
        scope: client, caches and names.
        guard: guard in which the plugin's code runs.
    """

    __slots__ = ("_cleanup_threads", "_reconcile_threads", "_threads", "declaration", "guard", "scope")

    def __init__(self, declaration: ControllerDeclaration, scope: ControllerScope, guard: PluginGuard) -> None:
        self.declaration = declaration
        self.scope = scope
        self.guard = guard
        self._threads = ThreadRunner(f"plugin-{scope.plugin}-{scope.controller}")
        self._reconcile_threads = None if is_async(declaration.reconcile) else self._threads
        cleanup = declaration.cleanup
        self._cleanup_threads = None if cleanup is None or is_async(cleanup) else self._threads

    @property
    def name(self) -> str:
        """Name of the controller."""
        return self.declaration.name

    @property
    def runs_in_thread(self) -> bool:
        """Whether the reconcile function runs in a thread."""
        return self._reconcile_threads is not None

    async def reconcile(self, request: Request) -> Result | None:
        """Call the plugin's reconcile function in the guard and validate its result.

        ``hosting.runtime.reconcile_steps`` has the steps before and after it.

        Raises:
            TypeError: the function returned a value other than None or a ``Result``.
            BaseException: any exception of the plugin, unchanged.
        """
        context = Context(self.scope, request)
        previous = self.scope.previous
        seen = previous.current(request) if previous is not None else None
        try:
            call = _reconciling(self.declaration.reconcile, context, request, self._reconcile_threads)
            result = _result_of(self.declaration, await self.guard.drive(call))
        except BaseException:
            self.guard.note_reconcile(request, lambda: context.reconcile_id)
            raise
        if previous is not None:
            previous.succeeded(request, seen)
        return result

    async def clean(self, request: Request, cached: CachedObject) -> Result | None:
        """Call the plugin's cleanup function for an object in the guard and validate its result.

        ``plugin.cleanup`` decides when, and takes the finalizer off afterwards.

        Raises:
            TypeError: the function returned a value other than None or a ``Result``.
            ObjectDecodeError: the object does not fit the class of the controller.
            BaseException: any exception of the plugin, unchanged.
        """
        function, context = self.declaration.cleanup, CleanupContext[Any](self.scope, request)
        if function is None:
            raise ValueError(f"controller {self.name!r} has no cleanup")

        async def cleaning() -> Any:
            # The class of the object is the plugin's code, so it is made inside the guard.
            return await _reconciling(function, context, self.scope.read(cached), self._cleanup_threads)

        try:
            return _result_of(self.declaration, await self.guard.drive(cleaning()), "cleanup")
        except BaseException:
            self.guard.note_reconcile(request, lambda: context.reconcile_id)
            raise

    def places(self, request: Request, locate: Locate) -> tuple[str, ...]:
        """Return ``file:line`` of the plugin's frames in the thread that reconciles ``request``, innermost first.

        Empty if no plain ``def`` runs for the request, or if its thread has no frame of the plugin.
        """
        return places_in(self._threads.frame_of(request), locate)

    async def start(self) -> None:
        """Run the ``start(ctx)`` hook, if there is one; its exceptions propagate."""
        await self._hook(self.declaration.start, ControllerContext(self.scope))

    async def stop(self) -> None:
        """Run the ``stop(ctx)`` hook, if there is one; its exceptions propagate."""
        await self._hook(self.declaration.stop, ControllerContext(self.scope))

    async def export_state(self) -> bytes | None:
        """Return the result of ``export_state()`` as JSON, or None if there is no such hook.

        It returns JSON, because the objects themselves belong to the retiring revision.

        Raises:
            TypeError: the state is not JSON-like.
        """
        if self.declaration.export_state is None:
            return None
        state = await self._hook(self.declaration.export_state)
        return msgspec.json.encode(state)

    async def import_state(self, state: bytes) -> None:
        """Call ``import_state(state)`` with the state of the previous revision, if there is such a hook."""
        if self.declaration.import_state is not None:
            await self._hook(self.declaration.import_state, msgspec.json.decode(state))

    async def _hook(self, hook: Callable[..., Any] | None, *args: Any) -> Any:
        if hook is None:
            return None
        return await self.guard.drive(call(hook, *args, threads=self._threads))


def _result_of(declaration: ControllerDeclaration, returned: object, what: str = "reconcile") -> Result | None:
    if returned is None or isinstance(returned, Result):
        return returned
    # Show its type only: the value may be a Secret, and the message is in log and status.
    # A returned value has no traceback with a frame of the plugin.
    place = f"{declaration.path}:{declaration.line}" if declaration.line else declaration.path
    where = f"{declaration.name!r} ({place})" if place else repr(declaration.name)
    raise TypeError(f"{what} of {where} returned a {class_name(returned)}: return None or a Result")


async def _reconciling(
    function: Callable[..., Any], context: Context[Any], argument: object, threads: ThreadRunner | None
) -> Any:
    """Call the function inside the guard, because plain code may run before it returns a coroutine."""
    mark_reconcile(context)
    if threads is None:
        return await function(context, argument)
    return await call(function, context, argument, threads=threads)
