"""The methods of a controller, as the operator calls them: the words and arguments that ``contract`` checks."""

from typing import Any, Protocol

from plugin_operator.controllers import Request, Result
from plugin_operator.plugin.context.context import Context, ControllerContext


class ControllerMethods(Protocol):
    """What the operator calls on a controller class or object.

    It finds methods by name: there is nothing to import and nothing to inherit.
    Only ``reconcile`` is required; a decorated function stands for it alone. Each method may be ``async def``, or a
    plain ``def``, which runs in a thread. A hook (every method but ``reconcile``) has 30 seconds at most. Then it is
    cancelled and counts as failed.
    """

    async def reconcile(self, ctx: Context, request: Request) -> Result | None:
        """Bring one object nearer to what it should be.

        It is called once for all changes since the last call, never twice at once for one object, and again after a
        restart or a reload. So it looks at how things stand now, and may be repeated.

        Args:
            ctx: made for this call.
            request: namespace and name of the object, which may be gone.

        Returns:
            None if nothing is to do until the next change, or a ``Result``. Anything else fails the reconcile.

        Raises:
            TerminalError: do not retry until the object changes.
            Exception: anything else is logged and retried with backoff.
            CancelledError: it ran past ``reconcile_timeout_seconds``, or past the drain timeout of a reload or stop.
                Clean up and let it through.
        """

    async def start(self, ctx: ControllerContext) -> None:
        """Prepare what reconciles need; called when a revision takes over, before its first reconcile.

        Its caches are full by then, but for kinds that it waits for.

        Args:
            ctx: good until ``stop``.

        Raises:
            Exception: any exception rejects the new revision and keeps the old one.
        """

    async def stop(self, ctx: ControllerContext) -> None:
        """End what the revision has begun; called when it goes, after its reconciles.

        Args:
            ctx: as for ``start``.

        Raises:
            Exception: anything is logged, and the revision goes all the same.
        """

    def export_state(self) -> Any:
        """Return what the next revision shall know. Define it together with ``import_state``.

        Called before the swap, while reconciles still run, and once more after the last of them.

        Returns:
            JSON-like values: None, bool, numbers, text, lists and dicts with text as keys.

        Raises:
            Exception: anything is logged, and the next revision starts without the state.
        """

    def import_state(self, state: Any) -> None:
        """Take over what the revision before has exported. May be called twice, the second time with newer state.

        Args:
            state: a copy of the exported values, decoded from JSON.

        Raises:
            Exception: any exception rejects the new revision and keeps the old one; the second call only logs it.
        """
