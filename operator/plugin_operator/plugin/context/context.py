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

from plugin_operator.client import Client
from plugin_operator.controllers import value_checks
from plugin_operator.kube import GroupVersionKind, NamespacedName
from plugin_operator.plugin.context import conditions, finalizers, owners
from plugin_operator.plugin.context.recorder import Recorder
from plugin_operator.plugin.context.scope import ControllerScope, Lister
from plugin_operator.plugin.context.typed_objects import AnyObject
from plugin_operator.plugin.triggers.requests import AnyRequest, request_from
from plugin_operator.plugin.watch_declaration import Kind
from plugin_operator.workqueue import MAX_DELAY_SECONDS

T = TypeVar("T")


class ControllerContext:
    """What belongs to a controller as a whole; the hooks ``start`` and ``stop`` get it.

    The operator makes it. It is good for as long as the revision works: keep it in ``start`` if need be.
    """

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
        """The loaded version of the plugin: text that changes with each reload, for logs."""
        return self._scope.revision

    @property
    def controller(self) -> str:
        """Name of the controller."""
        return self._scope.controller

    @property
    def client(self) -> Client:
        """Reads and writes objects on the API server."""
        client: Client = self._scope.client_for(None)
        return client

    @property
    def recorder(self) -> Recorder:
        """Records Kubernetes Events; never blocks and never fails."""
        return self._scope.recorder

    @property
    def lister(self) -> Lister:
        """The cache of the reconciled kind. With several ``namespaces`` it covers them all.

        Raises:
            LookupError: the controller has no ``for_``.
        """
        return self._scope.lister()

    def lister_for(self, kind: Kind | type[Any]) -> Lister:
        """Return the cache of another declared kind (``owns``, ``watches`` or ``reads``).

        It has all objects of a kind in ``reads`` or ``owns``, else those that the selectors of its watch let through.

        Args:
            kind: as it is declared: "v1/Secret"; or its model class.

        Raises:
            LookupError: the controller declares no such kind, or only watches of it with different selectors.
            ValueError: the text is no kind, or the class no model of one.
        """
        return self._scope.lister_for(GroupVersionKind.parse(kind) if isinstance(kind, str) else kind)

    def enqueue(self, request: AnyRequest | None = None, *, after: float = 0.0) -> None:
        """Make a request of this controller due, now or later. Never blocks; any thread may call it.

        A request that waits already is not queued twice; of several delays the earliest counts. A delay is not kept
        over a restart of the operator.

        Args:
            request: a ``Request``, a pair of namespace and name, ``"namespace/name"``, or an object: a dict with
                metadata, or a typed model. None for that of this reconcile, or the one of a controller without
                ``for_``.
            after: seconds from 0 to a century.

        Raises:
            NotEnqueued: the controller is gone, or too many of its requests wait.
            TypeError: it is no request, or None in a hook of a controller with ``for_``; or ``after`` is no number.
            ValueError: it has no name, or more than one slash; or ``after`` is out of range.
        """
        key = self._own_request() if request is None else request_from(request, "enqueue() got")
        self._scope.enqueue(key, value_checks.seconds("after", after, most=MAX_DELAY_SECONDS))

    def _own_request(self) -> NamespacedName:
        if self._scope.kind is None:
            return NamespacedName("", self._scope.controller)
        raise TypeError("enqueue() needs a request here: outside of a reconcile, None means none")

    @property
    def log(self) -> FilteringBoundLogger:
        """A structlog logger whose lines carry plugin, revision and controller."""
        if self._log is None:
            self._log = self._scope.log()
        return self._log

    def wait(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """From a plain ``def`` reconciler: run a coroutine, such as a call of ``client``, and return its result.

        It blocks the thread until the coroutine has ended. A cancelled reconcile does not interrupt it.

        Args:
            coroutine: runs on the operator's event loop.

        Raises:
            RuntimeError: called on the event loop itself, where ``await`` is the way.
            Exception: whatever the coroutine raises.
        """
        loop = self._scope.loop
        try:
            running = asyncio.get_running_loop()
        except RuntimeError:
            return asyncio.run_coroutine_threadsafe(coroutine, loop).result()
        coroutine.close()
        raise RuntimeError(f"ctx.wait() inside {running!r}: in an async def, await the coroutine instead")


class Context(ControllerContext):
    """What belongs to one reconcile, beside what every ``ControllerContext`` has.

    The operator makes one for each reconcile. Of its members, ``wait``, ``enqueue``, ``lister``, ``lister_for``,
    ``log``, ``recorder``, ``set_condition`` and the names may be used in a thread. Everything that is awaited
    belongs to the event loop: from a thread, hand it to ``wait``.

    Attributes:
        request: namespace and name of the object that is due.
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
        """Reads and writes objects on the API server.

        What it writes, the next reconcile of the same request reads: see "Reading your own writes" in the docs.
        """
        client: Client = self._scope.client_for(self.request)
        return client

    @property
    def reconcile_id(self) -> str:
        """A random id of this reconcile, the same in all its log lines."""
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
        """The controller's finalizer, ``plugin-operator/<id>``, as ``ensure_finalizer`` uses it by default."""
        return self._scope.finalizer

    async def ensure_finalizer(self, obj: AnyObject, finalizer: str | None = None) -> bool:
        """Add a finalizer unless it is there or the object is being deleted.

        It is one patch under the object's ``resourceVersion``, so another controller's finalizer is never lost.

        Args:
            obj: a dict or a typed model, as it was read. It takes on the metadata that the server answers.
            finalizer: instead of the controller's own.

        Returns:
            Whether it was added.

        Raises:
            ConflictError: the object has changed since it was read; let the reconcile be retried.
            TypeError: ``obj`` is neither a dict with metadata nor a model.
            ApiError: any other answer of the API server.
        """
        return await finalizers.ensure_finalizer(self.client, obj, finalizer or self._scope.finalizer)

    async def remove_finalizer(self, obj: AnyObject, finalizer: str | None = None) -> bool:
        """Remove a finalizer if it is there, which lets a deletion go on. An object that is gone counts as done.

        Args:
            obj: a dict or a typed model, as it was read. It takes on the metadata that the server answers.
            finalizer: instead of the controller's own.

        Returns:
            Whether it was removed.

        Raises:
            ConflictError: the object has changed since it was read; let the reconcile be retried.
            TypeError: ``obj`` is neither a dict with metadata nor a model.
            ApiError: any other answer of the API server.
        """
        return await finalizers.remove_finalizer(self.client, obj, finalizer or self._scope.finalizer)

    def set_owner(
        self, child: AnyObject, *, owner: AnyObject, controller: bool = True, block_owner_deletion: bool | None = None
    ) -> bool:
        """Make ``owner`` the owner of ``child``: the garbage collector deletes the child after it. Nothing is sent.

        It follows ``controllerutil.SetControllerReference``; a reference to the same owner is replaced.

        Args:
            child: a dict or a typed model; it is changed.
            owner: as it was read, with apiVersion, kind, name and uid; in the child's namespace, or in none.
            controller: mark it as the one object that manages the child, which ``owns`` follows.
            block_owner_deletion: let a foreground deletion of the owner wait for the child; None for what
                ``controller`` says. On some clusters it takes the right to ``update`` the owner's ``finalizers``.

        Returns:
            Whether anything changed.

        Raises:
            AlreadyOwnedError: another object is the child's controller.
            ValueError: the owner lacks one of its four fields, or is in another namespace.
            TypeError: one of them is neither a dict with metadata nor a model.
        """
        return owners.set_owner(child, owner, controller=controller, block_owner_deletion=block_owner_deletion)

    def set_condition(self, obj: AnyObject, type: str, status: str | bool, reason: str, message: str = "") -> bool:  # noqa: A002 - the API's own field name
        """Set a status condition in ``obj``, by the rules of ``meta.SetStatusCondition``. Nothing is sent.

        ``lastTransitionTime`` moves only if ``status`` does. ``observedGeneration`` is the object's generation.

        Args:
            obj: a dict or a typed model; it is changed.
            type: of the condition, such as ``"Ready"``.
            status: True, False, or ``"True"``, ``"False"``, ``"Unknown"``.
            reason: one word in CamelCase, for machines.
            message: a sentence, for people.

        Returns:
            Whether anything changed, so that ``client.update_status(obj)`` is worth a call.

        Raises:
            ValueError: ``status`` is none of the three, or ``reason`` is empty.
            TypeError: the model has no status.
        """
        return conditions.set_condition(obj, type, status, reason, message, now=datetime.now(UTC))
