"""The client of one reconcile, which records its writes as expectations.

Owns the mapping of responses to expectations. Passes reads to the wrapped client.
"""

import inspect
from collections.abc import Awaitable, Mapping
from typing import Any

from plugin_operator.client import Client
from plugin_operator.client.addresses import address_and_argument, address_of, address_of_pod
from plugin_operator.client.models import to_dict
from plugin_operator.client.typed_documents import as_read, is_typed
from plugin_operator.errors import AlreadyExistsError, ConflictError, ForbiddenError, NotFoundError
from plugin_operator.kube import NamespacedName
from plugin_operator.kube.objects import ApiObject
from plugin_operator.plugin.writes.expectations import Deleted, Expectation, Expectations, NewerThan, Present, Target
from plugin_operator.plugin.writes.former_managers import FormerManagers
from plugin_operator.plugin.writes.missing_rights import Attempt, MissingRights
from plugin_operator.plugin.writes.targets import answered, is_unsent, known_json, read_attempt, target_at, target_of
from plugin_operator.plugin.writes.write_loops import LoopDetector


class ExpectingClient:
    """A ``client.Client`` that records its writes; see ``expectations``.

    Args:
        client: the wrapped client.
        writes: expectations of the controller.
        request: request of the reconcile; None outside of one.
        loops: loop detector of the controller, or None.
        rights: missing permissions of the controller, or None.
        former: field managers that the controller had before, or None.
    """

    __slots__ = ("_client", "_former", "_loops", "_request", "_rights", "_writes")

    def __init__(
        self,
        client: Client,
        writes: Expectations,
        request: NamespacedName | None,
        loops: LoopDetector | None = None,
        rights: MissingRights | None = None,
        former: FormerManagers | None = None,
    ) -> None:
        self._client = client
        self._former = former
        self._writes = writes
        self._request = request
        self._loops = loops
        self._rights = rights

    async def get(self, kind: Any, name: Any = None, namespace: str | None = None) -> Any:
        """See ``Client.get``."""
        return await self._read(self._client.get(kind, name, namespace), "get", kind, namespace)

    async def list(
        self, kind: Any, namespace: str | None = None, label_selector: Any = None, field_selector: Any = None
    ) -> Any:
        """See ``Client.list``."""
        read = self._client.list(kind, namespace, label_selector, field_selector)
        return await self._read(read, "list", kind, namespace)

    async def create(self, obj: Any, *, dry_run: bool = False, **options: Any) -> Any:
        """See ``Client.create``."""
        target = target_of(obj)
        if dry_run:
            return await self._allowed(self._client.create(obj, dry_run=True, **options), "create", target)
        try:
            return self._noted(await self._allowed(self._client.create(obj, **options), "create", target))
        except AlreadyExistsError:
            self._expect(target, Present())
            raise

    async def update(self, obj: Any, *, dry_run: bool = False, **options: Any) -> Any:
        """See ``Client.update``."""
        target, verb = target_of(obj), "patch/" if is_typed(obj) else "update"
        if dry_run:
            return await self._allowed(self._client.update(obj, dry_run=True, **options), verb, target)
        known, attempt = known_json(obj), self._allowed(self._client.update(obj, **options), verb, target)
        answer = await self._attempt(attempt, target, obj)
        return answer if is_unsent(known, answer) else self._noted(answer)

    async def update_status(self, obj: Any, *, dry_run: bool = False, **options: Any) -> Any:
        """See ``Client.update_status``."""
        target, verb = target_of(obj), "patch/status" if is_typed(obj) else "update/status"
        if dry_run:
            return await self._allowed(self._client.update_status(obj, dry_run=True, **options), verb, target)
        known, attempt = known_json(obj), self._allowed(self._client.update_status(obj, **options), verb, target)
        answer = await self._attempt(attempt, target, obj)
        return answer if is_unsent(known, answer) else self._noted(answer)

    async def patch(
        self,
        kind: Any,
        name: Any = None,
        patch: Any = None,
        namespace: str | None = None,
        *,
        dry_run: bool = False,
        **options: Any,
    ) -> Any:
        """See ``Client.patch``."""
        address, sent = address_and_argument(kind, name, patch, namespace, call="patch")
        target = target_at(address)
        verb = f"patch/{options.get('subresource') or ''}"
        if dry_run:
            options["dry_run"] = True
        attempt = self._allowed(self._client.patch(kind, name, patch, namespace, **options), verb, target)
        if dry_run:
            return await attempt
        # The response of "scale" is a Scale, but the write changed the scaled object.
        of = target if options.get("subresource") == "scale" else None
        return self._noted(await self._attempt(attempt, target, sent), of)

    async def patch_status(
        self,
        kind: Any,
        name: Any = None,
        status: Any = None,
        namespace: str | None = None,
        *,
        dry_run: bool = False,
        **options: Any,
    ) -> Any:
        """See ``Client.patch_status``."""
        target = target_at(address_and_argument(kind, name, status, namespace, call="patch_status")[0])
        if dry_run:
            options["dry_run"] = True
        attempt = self._client.patch_status(kind, name, status, namespace, **options)
        answer = await self._allowed(attempt, "patch/status", target)
        return answer if dry_run else self._noted(answer)

    async def scale(
        self,
        kind: Any,
        name: Any = None,
        replicas: Any = None,
        namespace: str | None = None,
        *,
        dry_run: bool = False,
        **options: Any,
    ) -> Any:
        """See ``Client.scale``; the write changes the scaled object."""
        target = target_at(address_and_argument(kind, name, replicas, namespace, call="scale")[0])
        attempt = self._client.scale(kind, name, replicas, namespace, dry_run=dry_run, **options)
        answer = await self._allowed(attempt, "patch/scale", target)
        return answer if dry_run or target is None else self._noted(answer, target)

    async def apply(self, obj: Any, *, dry_run: bool = False, **options: Any) -> Any:
        """See ``Client.apply``; its conflicts concern field ownership, not the cache."""
        target, verb = target_of(obj), f"apply/{options.get('subresource') or ''}"
        if dry_run:
            return await self._allowed(self._client.apply(obj, dry_run=True, **options), verb, target)
        if self._former is not None and target is not None and not options.get("field_manager"):
            await self._former.move(self, target)
        return self._noted(await self._allowed(self._client.apply(obj, **options), verb, target))

    async def delete(
        self,
        kind: Any,
        name: Any = None,
        namespace: str | None = None,
        *,
        missing_ok: bool = False,
        dry_run: bool = False,
        **options: Any,
    ) -> None:
        """See ``Client.delete``."""
        target = target_at(address_of(kind, name, namespace, call="delete"))
        if dry_run:
            options |= {"dry_run": True, "missing_ok": missing_ok}
            await self._allowed(self._client.delete(kind, name, namespace, **options), "delete", target)
            return
        try:
            await self._removed(self._client.delete(kind, name, namespace, **options), "delete", target)
        except NotFoundError:
            if not missing_ok:
                raise

    async def delete_collection(
        self, kind: Any, namespace: str | None = None, *, dry_run: bool = False, **options: Any
    ) -> Any:
        """See ``Client.delete_collection``; later reconciles wait for the objects in the response."""
        target = target_at(address_of(kind, None, namespace, call="delete_collection"))
        attempt = self._client.delete_collection(kind, namespace, dry_run=dry_run, **options)
        deleted = await self._allowed(attempt, "deletecollection", target)
        for each in () if dry_run else deleted:
            obj = answered(each)
            self._gone(target_of(obj), (obj.get("metadata") or {}).get("uid") or "")
        return deleted

    async def evict(self, pod: Any, namespace: str | None = None, *, dry_run: bool = False) -> None:
        """See ``Client.evict``."""
        target = target_at(address_of_pod(pod, namespace))
        attempt = self._client.evict(pod, namespace, dry_run=dry_run)
        if dry_run:
            await self._allowed(attempt, "create/eviction", target)
        else:
            await self._removed(attempt, "create/eviction", target)

    async def _removed(self, attempt: Awaitable[Any], verb: str, target: Target | None) -> None:
        """Await the deletion of one object, and record that it is gone; a 404 is no deletion of this controller."""
        uid = self._writes.uid_of(target) if target is not None else ""
        try:
            await self._allowed(attempt, verb, target)
        except NotFoundError:
            self._expect(target, Deleted(uid))
            raise
        self._gone(target, uid)

    def _gone(self, target: Target | None, uid: str) -> None:
        self._expect(target, Deleted(uid))
        if self._loops is not None and target is not None:
            self._loops.deleted(self._request, target)

    async def _allowed(self, write: Awaitable[Any], verb: str, target: Target | None) -> Any:
        """Await a write, and record whether the permission for it is missing."""
        rights = self._rights
        if rights is None:
            return await write
        try:
            answer = await write
        except ForbiddenError as error:
            rights.denied(Attempt.on(verb, target), error)
            raise
        if rights:
            rights.granted(Attempt.on(verb, target))
        return answer

    async def _read(self, read: Awaitable[Any], verb: str, kind: Any, namespace: str | None) -> Any:
        """Await a read, and record whether the permission for it is missing."""
        rights = self._rights
        try:
            answer = await read
        except ForbiddenError as error:
            if rights is not None:
                rights.denied(read_attempt(verb, kind, namespace), error)
            raise
        if rights:
            rights.granted(read_attempt(verb, kind, namespace))
        return answer

    async def _attempt(self, attempt: Awaitable[Any], target: Target | None, sent: Any) -> Any:
        """Await a write with a resource version, and record an expectation after a conflict."""
        try:
            return await attempt
        except ConflictError:
            document = as_read(sent) if isinstance(sent, ApiObject) else sent
            metadata = document.get("metadata") if isinstance(document, Mapping) else None
            version = to_dict(metadata or {}).get("resourceVersion")
            if version:
                self._expect(target, NewerThan(version))
            raise

    def _noted(self, answer: Any, of: Target | None = None) -> Any:
        obj = answered(answer)
        target = target_of(obj)
        if target is not None and of is not None:
            namespace = of.key.namespace or target.key.namespace
            target = Target(of.kind, NamespacedName(namespace, of.key.name))
        if target is not None:
            self._writes.wrote(self._request, target, obj)
            if self._loops is not None:
                self._loops.wrote(self._request, target, obj)
        return answer

    def _expect(self, target: Target | None, expectation: Expectation) -> None:
        if target is not None:
            self._writes.expect(self._request, target, expectation)


# Python warns of a coroutine that is not awaited by this name, which should be one that authors know.
for _method in vars(ExpectingClient).values():
    if inspect.iscoroutinefunction(_method) and not _method.__name__.startswith("_"):
        _method.__qualname__ = f"ctx.client.{_method.__name__}"
