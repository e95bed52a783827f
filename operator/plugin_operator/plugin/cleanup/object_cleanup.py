"""``ObjectCleanup``: what one reconcile of a controller with ``cleanup=`` does to its object.

A request leads to one of four ends, by the object in the cache:

- It lives without the finalizer, or with one of a former id: put it on, then reconcile.
- It lives with the finalizer: reconcile.
- It is being deleted, or has left the selectors, with the finalizer: clean up, delete the children that no owner
  reference reaches, then take the finalizer off.
- It is being deleted without the finalizer: nothing; its cleanup has run, or it was never reconciled.
"""

from collections.abc import Awaitable, Callable

import msgspec

from plugin_operator.cache import CachedObject
from plugin_operator.containment import is_cancelled_from_outside
from plugin_operator.controllers import Reconciler, Request, Result
from plugin_operator.controllers.reconcile import checked_result
from plugin_operator.errors import ConflictError, NotFoundError
from plugin_operator.kube import GroupVersionKind, Object, ObjectMeta
from plugin_operator.plugin.context.scope import ControllerScope
from plugin_operator.rendering import describe

_MAX_REMEMBERED = 1000
_MAX_WORDS = 500
_REASON = "CleanupFailed"

#: Calls the plugin's function for an object.
Clean = Callable[[Request, CachedObject], Awaitable[Result | None]]
#: Counts an end of a cleanup: ``success``, ``requeue`` or ``error``.
Count = Callable[[str], None]
#: Asks the API server whether the controller selects an object.
Selects = Callable[[Request], Awaitable[bool]]


class ObjectCleanup:
    """Decides between reconcile and cleanup, and writes the finalizer of one controller in one revision.

    Args:
        scope: kind, cache, client and recorder of the controller.
        clean: cleans an object up.
        is_selected: whether an object may leave the cache and still exist.
        selects: whether the API server selects an object that the cache does not have (yet).
        count: counts the ends of cleanups.
    """

    __slots__ = (
        "_clean",
        "_cleaned",
        "_count",
        "_gone",
        "_is_selected",
        "_kind",
        "_scope",
        "_selects",
        "_strays",
    )

    def __init__(
        self, scope: ControllerScope, *, clean: Clean, is_selected: bool, selects: Selects, count: Count
    ) -> None:
        if scope.kind is None:
            raise ValueError("a controller without a kind has no objects to clean up")
        self._scope = scope
        self._kind: GroupVersionKind = scope.kind
        self._clean = clean
        self._is_selected = is_selected
        self._selects = selects
        self._count = count
        #: Objects that have just disappeared, so that their events lead to no read; uid by key.
        self._gone: dict[Request, str] = {}
        #: Objects whose cleanup has finished, but not the write after it; uid by key.
        self._cleaned: dict[Request, str] = {}
        self._strays: set[Request] = set()

    def add_stray(self, request: Request) -> None:
        """Note that an object outside of the cache has the finalizer; the caller enqueues it."""
        self._strays.add(request)

    async def admit(self, request: Request, reconcile: Reconciler) -> "Reconciler | Cleaning | None":
        """Return what the request needs: ``reconcile``, a cleanup, or nothing. Puts the finalizer on if needed.

        After a conflict it returns a reconciler that asks for a retry.

        Raises:
            ApiError: the finalizer could not be written, or the object not be read.
        """
        cached, written_to = self._scope.cached(request), ""
        while cached is not None:
            metadata = cached.metadata()
            if self._gone.get(request, metadata.uid) != metadata.uid:
                del self._gone[request]  # made again under the same name
            if metadata.deletion_timestamp:
                return Cleaning(self, request, cached) if self.is_on(metadata) else None
            self._cleaned.pop(request, None)
            wanted = self._moved(metadata)
            if wanted == (metadata.finalizers or []) or metadata.uid == written_to:
                return reconcile
            try:
                await self._write(request, metadata, wanted)
            except NotFoundError:
                return None  # deleted meanwhile; the cache follows, and enqueues the request
            except ConflictError:
                return _retry
            # The reconcile reads the cache. It must see this write, or its own updates would conflict.
            written_to = metadata.uid
            await self._caught_up(request)
            cached = self._scope.cached(request)
        return await self._absent(request, reconcile)

    def is_on(self, metadata: ObjectMeta) -> bool:
        """Report whether an object has a finalizer of the controller."""
        return any(map(self._is_own, metadata.finalizers or ()))

    def _is_own(self, finalizer: str) -> bool:
        # The second is what ``ctx.ensure_finalizer`` puts on in a controller without ``cleanup=``: an earlier revision.
        own = (self._scope.finalizer, self._scope.manager)
        return finalizer in own or finalizer in self._scope.identity.former_finalizers

    def _moved(self, metadata: ObjectMeta) -> list[str]:
        """Return the finalizers that a living object is to have: ours in the place of those of former ids."""
        former, own = self._scope.identity.former_finalizers, self._scope.finalizer
        kept = [each for each in metadata.finalizers or () if each not in former]
        return kept if own in kept else [*kept, own]

    async def clean(self, request: Request, cached: CachedObject) -> Result | None:
        """Call the plugin's function, unless it has finished before; a failure becomes an Event of the object."""
        if self._cleaned.get(request) == cached.uid:
            return None
        try:
            return await self._clean(request, cached)
        except BaseException as error:
            if not is_cancelled_from_outside(error):
                self._failed(cached.metadata(), error)
            raise

    async def finish(self, request: Request, cached: CachedObject, result: Result | None) -> Result | None:
        """Take the finalizer off after a cleanup, unless its result asks for another call; return what is due next.

        Raises:
            ApiError: the finalizer could not be taken off.
        """
        checked = checked_result(result) if result is not None else None
        if checked is not None and (checked.requeue_after or checked.requeue):
            self._count("requeue")
            return checked
        metadata = cached.metadata()
        others = [each for each in metadata.finalizers or () if not self._is_own(each)]
        try:
            if not await self._has_released_children(request, metadata):
                self._remember(self._cleaned, request, metadata.uid)
                self._count("requeue")
                return None
            await self._write(request, metadata, others)
        except NotFoundError:
            pass  # gone; another party has removed the finalizer
        except ConflictError:
            self._remember(self._cleaned, request, metadata.uid)
            return Result(requeue=True)
        except Exception as error:
            self._remember(self._cleaned, request, metadata.uid)
            self._failed(metadata, error)
            raise
        if metadata.deletion_timestamp and not others:
            self._remember(self._gone, request, metadata.uid)
        self._cleaned.pop(request, None)
        self._strays.discard(request)
        self._count("success")
        return None

    async def _absent(self, request: Request, reconcile: Reconciler) -> "Reconciler | Cleaning | None":
        """Handle a request whose object is not in the cache: it is gone, or has left the selection."""
        is_gone = self._gone.pop(request, None) is not None
        if (self._is_selected and not is_gone) or request in self._strays:
            live = await self._live(request)
            if live is not None and self.is_on(live.metadata()):
                if await self._selects(request):
                    return None  # it is back; the cache follows, and enqueues the request
                return Cleaning(self, request, live)
            self._strays.discard(request)
        self._cleaned.pop(request, None)
        return reconcile

    @staticmethod
    def _remember(known: dict[Request, str], request: Request, uid: str) -> None:
        if len(known) >= _MAX_REMEMBERED:
            del known[next(iter(known))]
        known[request] = uid

    async def _write(self, request: Request, metadata: ObjectMeta, finalizers: list[str]) -> None:
        change = {"finalizers": finalizers, "resourceVersion": metadata.resource_version, "uid": metadata.uid}
        client = self._scope.finalizer_client_for(request)
        await client.patch(str(self._kind), request.name, {"metadata": change}, request.namespace or None)

    async def _live(self, request: Request) -> CachedObject | None:
        client = self._scope.finalizer_client_for(request)
        try:
            found: Object = await client.get(str(self._kind), request.name, request.namespace or None)
        except NotFoundError:
            return None
        version = found["metadata"].get("resourceVersion", "")
        return CachedObject(msgspec.json.encode(found), request.namespace, request.name, version)

    async def _caught_up(self, request: Request) -> None:
        if self._scope.writes is not None:
            await self._scope.writes.caught_up(request)

    async def _has_released_children(self, request: Request, metadata: ObjectMeta) -> bool:
        """Delete the children that only the finalizer protects from being left behind; False if some must wait."""
        children = self._scope.children
        if children is None:
            return True
        # The caches must not show what the cleanup has deleted, or that would count twice against the limit.
        await self._caught_up(request)
        return await children.release(self._scope.cleanup_client_for(request), self._identity_of(metadata))

    def _identity_of(self, metadata: ObjectMeta) -> Object:
        identity = {"namespace": metadata.namespace, "name": metadata.name, "uid": metadata.uid}
        return {"apiVersion": self._kind.api_version, "kind": self._kind.kind, "metadata": identity}

    def _failed(self, metadata: ObjectMeta, error: BaseException) -> None:
        self._count("error")
        message = f"cleanup of controller {self._scope.controller!r} failed: {describe(error, _MAX_WORDS)}"
        self._scope.recorder.event(self._identity_of(metadata), "Warning", _REASON, message)


class Cleaning:
    """One cleanup of one object; a ``Reconciler``, so that it takes the place of the reconcile."""

    __slots__ = ("_cached", "_cleanup", "_request")

    def __init__(self, cleanup: ObjectCleanup, request: Request, cached: CachedObject) -> None:
        self._cleanup = cleanup
        self._request = request
        self._cached = cached

    async def __call__(self, request: Request) -> Result | None:
        """Call the plugin's function."""
        return await self._cleanup.clean(request, self._cached)

    async def finish(self, result: Result | None) -> Result | None:
        """Take the finalizer off, if the cleanup has finished."""
        return await self._cleanup.finish(self._request, self._cached, result)


async def _retry(_request: Request) -> Result:
    return Result(requeue=True)
