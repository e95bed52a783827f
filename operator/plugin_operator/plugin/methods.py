"""The methods of a controller that the operator calls; ``contract`` checks their names and arguments."""

from typing import Any, Protocol

from plugin_operator.controllers import Request, Result
from plugin_operator.kube import Object
from plugin_operator.kube.objects import ApiObject
from plugin_operator.plugin.context.context import Context
from plugin_operator.plugin.context.controller_context import ControllerContext


class ControllerMethods(Protocol):
    """The methods that the operator calls on a controller class or object.

    The operator finds methods by name: there is nothing to import and nothing to inherit.
    Only ``reconcile`` is required; a decorated function takes its place. Each method may be ``async def``, or a plain
    ``def``, which runs in a thread. A hook (every method but ``reconcile`` and ``cleanup``) has a deadline of 30
    seconds. After that it is cancelled and counts as failed.
    """

    async def reconcile(self, ctx: Context, request: Request) -> Result | None:
        """Bring the actual state of one object closer to its desired state.

        The operator calls it once for all changes since the last call, and again after a restart or a reload. It never
        makes two calls at once for one object. The method must read the current state and be idempotent.

        Args:
            ctx: context of this reconcile.
            request: namespace and name of the object, which may have been deleted.

        Returns:
            None if the object needs nothing until its next change, or a ``Result``. Any other value fails the
            reconcile.

        Raises:
            TerminalError: do not retry until the object changes.
            Exception: any other exception is logged, and the reconcile is retried with backoff.
            CancelledError: the call exceeded ``reconcile_timeout_seconds``, or the drain timeout of a reload or stop.
                Clean up and re-raise it.
        """

    async def cleanup(self, ctx: Context, obj: Object | ApiObject) -> Result | None:
        """Remove what the reconciles of one object have made; optional. See ``cleanup=`` of ``controller``.

        The operator calls it instead of ``reconcile`` once the object is being deleted, or has left the selectors. It
        runs at least once: again after an error, and after a restart before the finalizer was removed. A deletion with
        ``ctx.client`` of an object that does not exist succeeds.

        Args:
            ctx: context of this call, as for ``reconcile``.
            obj: a private copy of the object: a dict, or an object of the class in ``for_``.

        Returns:
            None if everything is removed, so that the finalizer goes. A ``Result`` with a requeue to be called again.

        Raises:
            TerminalError: do not retry until the object changes; it keeps its finalizer.
            Exception: any other exception is logged and recorded as an Event, and the call is retried with backoff.
            CancelledError: as for ``reconcile``.
        """

    async def start(self, ctx: ControllerContext) -> None:
        """Prepare for reconciles; called before the first reconcile of a new revision.

        The caches have synced by then, except for kinds that the controller waits for.

        Args:
            ctx: context of the controller, valid until ``stop``.

        Raises:
            Exception: any exception rejects the new revision and keeps the old one.
        """

    async def stop(self, ctx: ControllerContext) -> None:
        """Clean up; called when the revision is retired, after its last reconcile.

        Args:
            ctx: the context that ``start`` received.

        Raises:
            Exception: any exception is logged, and the revision is retired nevertheless.
        """

    def export_state(self) -> object:
        """Return state for the next revision. Define it together with ``import_state``.

        Called before the swap, while reconciles still run, and again after the last of them.

        Returns:
            JSON-like values: None, bool, numbers, text, lists and dicts with text as keys.

        Raises:
            Exception: any exception is logged, and the next revision starts without the state.
        """

    def import_state(self, state: Any) -> None:
        """Import the state of the previous revision. May be called twice, the second time with newer state.

        Args:
            state: a copy of the exported values, decoded from JSON.

        Raises:
            Exception: any exception rejects the new revision and keeps the old one; the second call only logs it.
        """
