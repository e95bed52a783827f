"""``Context``, the argument of a reconciler, and ``ControllerContext``, the argument of hooks.

Every reconcile creates a Context, so it holds two references only. Expensive attributes, such as a bound logger, are
created on first use.
"""

import asyncio
from collections.abc import Coroutine
from datetime import datetime
from typing import Any, TypeVar
from uuid import uuid4

from structlog.types import FilteringBoundLogger

from plugin_operator.client import Client
from plugin_operator.controllers import value_checks
from plugin_operator.kube import NamespacedName
from plugin_operator.plugin.context import conditions, finalizers, owners
from plugin_operator.plugin.context.map_context import MapContext
from plugin_operator.plugin.context.recorder import Recorder
from plugin_operator.plugin.context.scope import ControllerScope
from plugin_operator.plugin.context.typed_objects import AnyObject
from plugin_operator.plugin.triggers.requests import AnyRequest, request_from
from plugin_operator.workqueue import MAX_DELAY_SECONDS

T = TypeVar("T")


class ControllerContext(MapContext):
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
                metadata, or a typed model. None means the request of this reconcile, or the only request of a
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

    def wait(self, coroutine: Coroutine[Any, Any, T]) -> T:
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


async def _awaited(coroutine: Coroutine[Any, Any, T]) -> T:
    return await coroutine


class Context(ControllerContext):
    """Context of one reconcile, with all members of ``ControllerContext``.

    The operator creates one per reconcile. Threads may use ``wait``, ``enqueue``, ``lister``, ``lister_for``, ``log``,
    ``recorder``, ``set_condition`` and the names. Coroutines belong to the event loop: pass them to ``wait`` from a
    thread.

    Attributes:
        request: namespace and name of the object to reconcile.
    """

    __slots__ = ("_reconcile_id", "request")

    request: NamespacedName

    def __init__(self, scope: ControllerScope, request: NamespacedName) -> None:
        self._scope = scope
        self._log = None
        self._reconcile_id = ""
        self.request = request

    def _own_request(self) -> NamespacedName:
        return self.request

    @property
    def client(self) -> Client:
        """API client for reading and writing objects.

        The next reconcile of the same request reads its writes: see "Reading your own writes" in the docs.
        """
        return self._scope.client_for(self.request)

    @property
    def reconcile_id(self) -> str:
        """Random id of this reconcile, the same in all its log lines."""
        if not self._reconcile_id:
            self._reconcile_id = str(uuid4())
        return self._reconcile_id

    @property
    def log(self) -> FilteringBoundLogger:
        """A structlog logger whose lines carry plugin, revision, controller, namespace, name and reconcile_id."""
        if self._log is None:
            namespace, name = self.request
            self._log = self._scope.log().bind(namespace=namespace, name=name, reconcile_id=self.reconcile_id)
        return self._log

    @property
    def finalizer(self) -> str:
        """The controller's finalizer, ``plugin-operator/<id>``, the default of ``ensure_finalizer``."""
        return self._scope.finalizer

    async def ensure_finalizer(self, obj: AnyObject, finalizer: str | None = None) -> bool:
        """Add a finalizer, unless the object has it or is being deleted.

        The call sends one patch with the object's ``resourceVersion``, so another controller's finalizer is never lost.

        Args:
            obj: a dict or a typed model, as it was read. The call updates its metadata from the response.
            finalizer: a finalizer other than the controller's own.

        Returns:
            Whether the finalizer was added.

        Raises:
            ConflictError: the object has changed since it was read; let the reconcile fail and be retried.
            TypeError: ``obj`` is neither a dict with metadata nor a model.
            ApiError: the API server returned another error.
        """
        return await finalizers.ensure_finalizer(self.client, obj, finalizer or self._scope.finalizer)

    async def remove_finalizer(self, obj: AnyObject, finalizer: str | None = None) -> bool:
        """Remove a finalizer if the object has it, so that its deletion can proceed. A deleted object is no error.

        Args:
            obj: a dict or a typed model, as it was read. The call updates its metadata from the response.
            finalizer: a finalizer other than the controller's own.

        Returns:
            Whether the finalizer was removed.

        Raises:
            ConflictError: the object has changed since it was read; let the reconcile fail and be retried.
            TypeError: ``obj`` is neither a dict with metadata nor a model.
            ApiError: the API server returned another error.
        """
        return await finalizers.remove_finalizer(self.client, obj, finalizer or self._scope.finalizer)

    def set_owner(
        self, child: AnyObject, *, owner: AnyObject, controller: bool = True, block_owner_deletion: bool | None = None
    ) -> bool:
        """Add an owner reference to ``child``: the garbage collector deletes it after ``owner``. Sends no request.

        The rules are those of ``controllerutil.SetControllerReference``; a reference to the same owner is replaced.

        Args:
            child: a dict or a typed model, which the call changes.
            owner: the owner as it was read, with apiVersion, kind, name and uid; in the child's namespace, or
                cluster-scoped.
            controller: mark ``owner`` as the managing controller, which ``owns`` follows.
            block_owner_deletion: let a foreground deletion of the owner wait for the child; None means the value of
                ``controller``. On some clusters it needs the permission to ``update`` the owner's ``finalizers``.

        Returns:
            Whether ``child`` changed.

        Raises:
            AlreadyOwnedError: another object is the child's controller.
            ValueError: the owner lacks one of its four fields, is the child itself, or is in another namespace.
            TypeError: an argument is neither a dict with metadata nor a model.
        """
        return owners.set_owner(child, owner, controller=controller, block_owner_deletion=block_owner_deletion)

    def set_condition(self, obj: AnyObject, type: str, status: str | bool, reason: str, message: str = "") -> bool:  # noqa: A002 - the API's own field name
        """Set a status condition in ``obj``, by the rules of ``meta.SetStatusCondition``. Sends no request.

        ``lastTransitionTime`` changes only with ``status``. ``observedGeneration`` is the object's generation.

        Args:
            obj: a dict or a typed model, which the call changes.
            type: type of the condition, for example ``"Ready"``.
            status: True, False, or ``"True"``, ``"False"``, ``"Unknown"``.
            reason: one word in CamelCase, for machines.
            message: a sentence, for people.

        Returns:
            Whether ``obj`` changed, so that ``client.update_status(obj)`` is needed.

        Raises:
            ValueError: ``status`` is not one of the three, or ``reason`` is empty.
            TypeError: the model has no status.
        """
        return conditions.set_condition(obj, type, status, reason, message, now=self.now())
