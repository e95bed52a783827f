"""``Context``, the argument of a reconciler.

Every reconcile creates a Context, so it holds two references only. Expensive attributes, such as a bound logger, are
created on first use.
"""

from collections.abc import Iterable
from contextlib import AbstractAsyncContextManager
from typing import Any, cast, overload
from uuid import uuid4

from structlog.types import FilteringBoundLogger

from plugin_operator.client import Client
from plugin_operator.client.typed_documents import kind_of
from plugin_operator.kube import NamespacedName, Object
from plugin_operator.kube.objects.decoding import decode
from plugin_operator.plugin.context import conditions, finalizers, owners
from plugin_operator.plugin.context.children import Child, SyncedChildren
from plugin_operator.plugin.context.controller_context import ControllerContext
from plugin_operator.plugin.context.previous import PreviousObjects
from plugin_operator.plugin.context.scope import ControllerScope
from plugin_operator.plugin.context.status import HasStatus, S
from plugin_operator.plugin.context.typed_objects import AnyObject
from plugin_operator.plugin.listers.lister import T


class Context(ControllerContext[T]):
    """Context of one reconcile, with all members of ``ControllerContext``; ``Context[Widget]`` for typed objects.

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
    def previous(self) -> T | None:
        """The object as the last successful reconcile of this request began with it; needs ``keep_previous=True``.

        None if there was none since the start of the operator, the load of this revision, or the change of leader.

        Raises:
            LookupError: the controller does not declare ``keep_previous``.
            ObjectDecodeError: the object does not fit the class.
        """
        found = self._previous().of(self.request)
        if found is None:
            return None
        cls = self._scope.cls
        decoded: Any = found.decode() if cls is None else decode(cls, kind_of(cls), found.raw)
        return cast("T", decoded)

    def field_changed(self, path: str) -> bool:
        """Report whether a field differs from that in ``previous``; True without a previous object.

        Args:
            path: names with dots between: ``"spec.size"``. A field that is absent differs from one that is null.

        Raises:
            LookupError: the controller does not declare ``keep_previous``.
        """
        return self._previous().has_changed(self.request, path)

    def _previous(self) -> PreviousObjects:
        if self._scope.previous is None:
            raise LookupError(f"controller {self.controller!r} keeps no previous objects: declare keep_previous=True")
        return self._scope.previous

    @property
    def finalizer(self) -> str:
        """The controller's finalizer, ``plugin-operator/<id>``, the default of ``ensure_finalizer``."""
        return self._scope.finalizer

    async def ensure_finalizer(self, obj: AnyObject, finalizer: str | None = None) -> bool:
        """Add a finalizer, unless the object has it or is being deleted.

        The call sends one patch with the object's ``resourceVersion``, so another controller's finalizer is never lost.

        Args:
            obj: a dict or a typed object, as it was read. The call updates its metadata from the response.
            finalizer: a finalizer other than the controller's own.

        Returns:
            Whether the finalizer was added.

        Raises:
            ConflictError: the object has changed since it was read; let the reconcile fail and be retried.
            TypeError: ``obj`` is neither a dict with metadata nor a typed object.
            ApiError: the API server returned another error.
        """
        return await finalizers.ensure_finalizer(self.client, obj, *self._finalizers(finalizer))

    async def remove_finalizer(self, obj: AnyObject, finalizer: str | None = None) -> bool:
        """Remove a finalizer if the object has it, so that its deletion can proceed. A deleted object is no error.

        Args:
            obj: a dict or a typed object, as it was read. The call updates its metadata from the response.
            finalizer: a finalizer other than the controller's own.

        Returns:
            Whether the finalizer was removed.

        Raises:
            ConflictError: the object has changed since it was read; let the reconcile fail and be retried.
            TypeError: ``obj`` is neither a dict with metadata nor a typed object.
            ApiError: the API server returned another error.
        """
        return await finalizers.remove_finalizer(self.client, obj, *self._finalizers(finalizer))

    def _finalizers(self, chosen: str | None) -> tuple[str, tuple[str, ...]]:
        """Return a finalizer, and those that stand for it: the controller's own of former ids."""
        return (chosen, ()) if chosen else (self._scope.finalizer, self._scope.identity.former_finalizers)

    def set_owner(
        self, child: AnyObject, *, owner: AnyObject, controller: bool = True, block_owner_deletion: bool | None = None
    ) -> bool:
        """Add an owner reference to ``child``: the garbage collector deletes it after ``owner``. Sends no request.

        The rules are those of ``controllerutil.SetControllerReference``; a reference to the same owner is replaced.

        Args:
            child: a dict or a typed object, which the call changes.
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
            TypeError: an argument is neither a dict with metadata nor a typed object.
        """
        return owners.set_owner(child, owner, controller=controller, block_owner_deletion=block_owner_deletion)

    async def sync_children(self, owner: AnyObject, children: Iterable[AnyObject | Child]) -> SyncedChildren:
        """Make the children of ``owner`` those that are passed: apply each, then delete the owner's other children.

        Pass the whole set in one call. A child gets a label with the controller's id and an owner reference; one that
        no owner reference reaches gets the owner's uid instead. Each is sent by server-side apply with force, and only
        if it or the cached object has changed since the last answer. An object with these marks that is not in the set
        is deleted, if ``owns`` has its kind. Nothing is deleted before the caches of these kinds are complete, and at
        most ``max_prune`` objects a minute.

        Children of an owner whose deletion has begun are not applied. A failure of one child does not keep the others
        from being applied. Nothing is deleted then, or after a ChildExistsError nothing in that namespace. A cancelled
        call leaves the set as far as it came.

        Args:
            owner: the reconciled object as it was read.
            children: objects to apply, each with a name and without fields that the server sets; or ``Child(obj)`` with
                a gate or ``adopt=True``. The namespace is by default that of the owner.

        Returns:
            What was applied, unchanged and pruned, and what waits.

        Raises:
            ChildExistsError: an object of a child's name exists, and another party made it.
            ValueError: a child is of a kind that ``owns`` does not have, or could not be found again.
            LookupError: a gate reads a kind that the controller does not declare.
            AlreadyOwnedError: a child states another controlling owner.
            InvalidError: the API server refuses the fields of a child; or a typed one has a status, which is not sent.
            ApiError: the API server returned another error. One error is raised, with those of other children as notes.
        """
        sync = self._scope.children
        if sync is None:
            raise LookupError(f"controller {self.controller!r} has no for_, so it has no owner of children")
        return await sync.sync(self.client, owner, children)

    @overload
    def status(self, obj: Object) -> AbstractAsyncContextManager[Object]: ...
    @overload
    def status(self, obj: HasStatus[S]) -> AbstractAsyncContextManager[S]: ...
    def status(self, obj: Object | HasStatus[Any]) -> AbstractAsyncContextManager[Any]:
        """Return a block that yields the status of ``obj`` to change, and writes it once, at the end, if it changed.

        Use it as ``async with ctx.status(widget) as status:`` and set ``status["ready"] = 3`` inside.

        The status starts from the newer of ``obj`` and the last answer. It is that of ``obj`` itself, so that
        ``ctx.set_condition(obj, ...)`` works inside. Of a typed object, changes of the status before the block count as
        made in it. The block sets ``observedGeneration``. It sends a server-side
        apply of what this controller changes or has applied before. It sends a merge patch with the resource version
        where ``conditions`` is one value, or to remove a field of another manager.

        If the block raises, it writes changed conditions, drops its other changes, and lets the exception propagate. A
        cancelled block writes nothing.

        Args:
            obj: the object as it was read, as a dict or of a class with ``@resource``. Its status becomes that of the
                answer. So does its resource version, if nothing else has changed since it was read.

        Raises:
            ValueError: ``obj`` was not read from the API server, or is in another such block.
            TypeError: ``obj`` is no object, or has no status by its class or its kind.
            LookupError: the controller has no ``for_``.
            InvalidError: the status breaks its class, and was not sent; or the server refuses it.
            ConflictError: the merge patch met a newer version; let the reconcile fail and be retried.
            ApiError: the API server returned another error.
        """
        if self._scope.statuses is None:
            raise LookupError(f"controller {self.controller!r} has no for_, so it has no object with a status")
        return self._scope.statuses.status(self.client, obj)

    def set_condition(self, obj: AnyObject, type: str, status: str | bool, reason: str, message: str = "") -> bool:  # noqa: A002 - the API's own field name
        """Set a status condition in ``obj``, by the rules of ``meta.SetStatusCondition``. Sends no request.

        ``lastTransitionTime`` changes only with ``status``. ``observedGeneration`` is the object's generation.

        Args:
            obj: a dict or a typed object, which the call changes.
            type: type of the condition, for example ``"Ready"``.
            status: True, False, or ``"True"``, ``"False"``, ``"Unknown"``.
            reason: one word in CamelCase, for machines.
            message: a sentence, for people.

        Returns:
            Whether ``obj`` changed, so that ``client.update_status(obj)`` is needed.

        Raises:
            ValueError: ``status`` is not one of the three, or ``reason`` is empty.
            TypeError: the class has no status.
        """
        return conditions.set_condition(obj, type, status, reason, message, now=self.now())
