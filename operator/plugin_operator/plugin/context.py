"""What a reconciler is handed: ``Context`` for one request, ``ControllerContext`` for the hooks around it.

A Context is made for every reconcile, so it is two references and nothing else; what costs anything, such as binding a
log, happens when it is asked for.
"""

import asyncio
from collections.abc import Coroutine
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import uuid4

from structlog.types import FilteringBoundLogger

from plugin_operator.kube import GroupVersionKind, NamespacedName
from plugin_operator.plugin import conditions, finalizers
from plugin_operator.plugin.recorder import Recorder
from plugin_operator.plugin.scope import ControllerScope, ListerLike
from plugin_operator.plugin.typed import AnyObject
from plugin_operator.plugin.watching import Kind

T = TypeVar("T")


class ControllerContext:
    """What belongs to a controller as a whole; handed to ``start`` and ``stop``."""

    __slots__ = ("_log", "_scope")

    def __init__(self, scope: ControllerScope) -> None:
        self._scope = scope
        self._log: FilteringBoundLogger | None = None

    @property
    def plugin(self) -> str:
        """Name of the plugin: its file without ``.py``, or its folder."""
        return self._scope.plugin

    @property
    def revision(self) -> str:
        """The loaded version of the plugin."""
        return self._scope.revision

    @property
    def controller(self) -> str:
        """Name of the controller."""
        return self._scope.controller

    @property
    def client(self) -> Any:
        """The API client: get, list, create, update, patch, apply, delete, status."""
        return self._scope.client_for(None)

    @property
    def recorder(self) -> Recorder:
        """Records Kubernetes Events; never blocks and never fails."""
        return self._scope.recorder

    @property
    def lister(self) -> ListerLike:
        """Reads the reconciled kind from the cache; what it returns is a private copy."""
        return self._scope.lister()

    def lister_for(self, kind: Kind) -> ListerLike:
        """Return the cache of another declared kind (``owns``, ``watches`` or ``reads``).

        Raises:
            LookupError: the controller declares no such kind.
        """
        return self._scope.lister_for(GroupVersionKind.parse(kind) if isinstance(kind, str) else kind)

    @property
    def log(self) -> FilteringBoundLogger:
        """A structlog logger that says where the line comes from."""
        if self._log is None:
            self._log = self._scope.log()
        return self._log

    def wait(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """From a plain ``def`` reconciler: run a coroutine, such as a call of ``client``, and return its result.

        Raises:
            RuntimeError: called on the event loop itself, where ``await`` is the way.
        """
        loop = self._scope.loop
        try:
            running = asyncio.get_running_loop()
        except RuntimeError:
            return asyncio.run_coroutine_threadsafe(coroutine, loop).result()
        coroutine.close()
        raise RuntimeError(f"ctx.wait() inside {running!r}: in an async def, await the coroutine instead")


class Context(ControllerContext):
    """What belongs to one reconcile."""

    __slots__ = ("_reconcile_id", "request")

    request: NamespacedName

    def __init__(self, scope: ControllerScope, request: NamespacedName) -> None:
        self._scope = scope
        self._log = None
        self._reconcile_id = ""
        self.request = request

    @property
    def client(self) -> Any:
        """The API client: get, list, create, update, patch, apply, delete, status.

        What it writes, the next reconcile of the same request reads: see "Reading your own writes" in the docs.
        """
        return self._scope.client_for(self.request)

    @property
    def reconcile_id(self) -> str:
        """A random id of this reconcile, the same in all its log lines."""
        if not self._reconcile_id:
            self._reconcile_id = str(uuid4())
        return self._reconcile_id

    @property
    def log(self) -> FilteringBoundLogger:
        """A structlog logger that says where the line comes from and which object it is about."""
        if self._log is None:
            namespace, name = self.request
            self._log = self._scope.log().bind(namespace=namespace, name=name, reconcile_id=self.reconcile_id)
        return self._log

    @property
    def finalizer(self) -> str:
        """The finalizer that ``ensure_finalizer`` uses unless told another."""
        return self._scope.finalizer

    async def ensure_finalizer(self, obj: AnyObject, finalizer: str | None = None) -> bool:
        """Add a finalizer unless it is there or the object is being deleted; return whether it was added.

        Raises:
            ConflictError: the object has changed since it was read; let it be retried.
        """
        return await finalizers.ensure_finalizer(self.client, obj, finalizer or self._scope.finalizer)

    async def remove_finalizer(self, obj: AnyObject, finalizer: str | None = None) -> bool:
        """Remove a finalizer if it is there; return whether it was removed.

        Raises:
            ConflictError: the object has changed since it was read; let it be retried.
        """
        return await finalizers.remove_finalizer(self.client, obj, finalizer or self._scope.finalizer)

    def set_condition(self, obj: AnyObject, type: str, status: str | bool, reason: str, message: str = "") -> bool:  # noqa: A002 - the API's own field name
        """Set a status condition in ``obj``; return whether ``client.update_status(obj)`` is now worth a call."""
        return conditions.set_condition(obj, type, status, reason, message, now=datetime.now(UTC))
