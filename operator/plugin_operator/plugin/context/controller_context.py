"""``ControllerContext``, the argument of hooks."""

import asyncio
from collections.abc import Coroutine
from datetime import datetime
from typing import Any, TypeVar

from plugin_operator.client import Client
from plugin_operator.controllers import value_checks
from plugin_operator.kube import NamespacedName
from plugin_operator.plugin.context.map_context import MapContext
from plugin_operator.plugin.context.recorder import Recorder
from plugin_operator.plugin.listers.lister import T
from plugin_operator.plugin.triggers.requests import AnyRequest, request_from
from plugin_operator.workqueue import MAX_DELAY_SECONDS

R = TypeVar("R")


class ControllerContext(MapContext[T]):
    """Context of a controller; the argument of the hooks ``start`` and ``stop``.

    The operator creates it. It is valid while the revision is active, so ``start`` may store it.
    """

    __slots__ = ()

    @property
    def client(self) -> Client:
        """API client for reading and writing objects."""
        return self._scope.client_for(None)

    @property
    def recorder(self) -> Recorder:
        """Recorder of Kubernetes Events; its calls never block and never raise."""
        return self._scope.recorder

    def enqueue(self, request: AnyRequest | None = None, *, after: float = 0.0) -> None:
        """Enqueue a request of this controller, now or after a delay. Never blocks; thread-safe.

        A queued request is not queued twice; if it has several delays, the earliest counts. A restart of the operator
        drops delayed requests.

        Args:
            request: a ``Request``, a pair of namespace and name, ``"namespace/name"``, or an object: a dict with
                metadata, or a typed object. None means the request of this reconcile, or the only request of a
                controller without ``for_``.
            after: delay in seconds, from 0 to a century.

        Raises:
            NotEnqueued: the controller is unloaded, or has too many waiting requests.
            TypeError: ``request`` has another type, or is None in a hook of a controller with ``for_``; or ``after`` is
                not a number.
            ValueError: the name is empty, or the text has more than one slash; or ``after`` is out of range.
        """
        key = self._own_request() if request is None else request_from(request, "enqueue() got")
        self._scope.enqueue(key, value_checks.seconds("after", after, most=MAX_DELAY_SECONDS))

    def _own_request(self) -> NamespacedName:
        if self._scope.kind is None:
            return NamespacedName("", self._scope.controller)
        raise TypeError("enqueue() needs a request here: None is allowed inside a reconcile only")

    def now(self) -> datetime:
        """Return the operator's wall-clock time, aware, in UTC; in a ``scenario`` it is virtual. Raises nothing."""
        return self._scope.clock.now()

    def wait(self, coroutine: Coroutine[Any, Any, R]) -> R:
        """Run a coroutine, such as a call of ``client``, from a plain ``def`` reconciler, and return its result.

        It blocks the thread until the coroutine has ended. Cancelling the reconcile does not interrupt it.

        Args:
            coroutine: the coroutine, which runs on the operator's event loop.

        Raises:
            RuntimeError: the caller is on the event loop; use ``await`` there.
            Exception: any exception of the coroutine.
        """
        loop = self._scope.loop
        try:
            running = asyncio.get_running_loop()
        except RuntimeError:
            if loop is None:
                return asyncio.run(_awaited(coroutine))
            return asyncio.run_coroutine_threadsafe(coroutine, loop).result()
        coroutine.close()
        raise RuntimeError(f"ctx.wait() inside {running!r}: in an async def, await the coroutine instead")


async def _awaited(coroutine: Coroutine[Any, Any, R]) -> R:
    return await coroutine
