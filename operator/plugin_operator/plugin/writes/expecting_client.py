"""The client of one reconcile, which records its writes as expectations.

Owns the mapping of responses to expectations. Passes reads to the wrapped client.
"""

import inspect
from collections.abc import Awaitable, Mapping
from typing import Any

from plugin_operator.client import Client
from plugin_operator.client.addresses import Address, address_and_argument, address_of, address_of_pod
from plugin_operator.client.models import is_model, to_dict
from plugin_operator.errors import AlreadyExistsError, ConflictError, ForbiddenError, NotFoundError
from plugin_operator.kube import GroupVersionKind, NamespacedName
from plugin_operator.plugin.writes.expectations import Deleted, Expectation, Expectations, NewerThan, Present, Target
from plugin_operator.plugin.writes.missing_rights import Attempt, MissingRights
from plugin_operator.plugin.writes.write_loops import LoopDetector


class ExpectingClient:
    """A ``client.Client`` that records its writes; see ``expectations``.

    Args:
        client: the wrapped client.
        writes: expectations of the controller.
        request: request of the reconcile; None outside of one.
        loops: loop detector of the controller, or None.
        rights: missing permissions of the controller, or None.
    """

    __slots__ = ("_client", "_loops", "_request", "_rights", "_writes")

    def __init__(
        self,
        client: Client,
        writes: Expectations,
        request: NamespacedName | None,
        loops: LoopDetector | None = None,
        rights: MissingRights | None = None,
    ) -> None:
        self._client = client
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
        target = _target_of(obj)
        if dry_run:
            return await self._allowed(self._client.create(obj, dry_run=True, **options), "create", target)
        try:
            return self._noted(await self._allowed(self._client.create(obj, **options), "create", target))
        except AlreadyExistsError:
            self._expect(target, Present())
            raise

    async def update(self, obj: Any, *, dry_run: bool = False, **options: Any) -> Any:
        """See ``Client.update``."""
        target = _target_of(obj)
        if dry_run:
            return await self._allowed(self._client.update(obj, dry_run=True, **options), "update", target)
        attempt = self._allowed(self._client.update(obj, **options), "update", target)
        return self._noted(await self._attempt(attempt, target, obj))

    async def update_status(self, obj: Any, *, dry_run: bool = False, **options: Any) -> Any:
        """See ``Client.update_status``."""
        target = _target_of(obj)
        if dry_run:
            return await self._allowed(
                self._client.update_status(obj, dry_run=True, **options), "update/status", target
            )
        attempt = self._allowed(self._client.update_status(obj, **options), "update/status", target)
        return self._noted(await self._attempt(attempt, target, obj))

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
        address, sent = address_and_argument(kind, name, patch, namespace)
        target = _target_at(address)
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
        target = _target_at(address_and_argument(kind, name, status, namespace)[0])
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
        target = _target_at(address_and_argument(kind, name, replicas, namespace)[0])
        attempt = self._client.scale(kind, name, replicas, namespace, dry_run=dry_run, **options)
        answer = await self._allowed(attempt, "patch/scale", target)
        return answer if dry_run or target is None else self._noted(answer, target)

    async def apply(self, obj: Any, *, dry_run: bool = False, **options: Any) -> Any:
        """See ``Client.apply``; its conflicts concern field ownership, not the cache."""
        verb = f"apply/{options.get('subresource') or ''}"
        if dry_run:
            return await self._allowed(self._client.apply(obj, dry_run=True, **options), verb, _target_of(obj))
        return self._noted(await self._allowed(self._client.apply(obj, **options), verb, _target_of(obj)))

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
        target = _target_at(address_of(kind, name, namespace))
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
        target = _target_at(Address(kind, "", namespace, kind))
        attempt = self._client.delete_collection(kind, namespace, dry_run=dry_run, **options)
        deleted = await self._allowed(attempt, "deletecollection", target)
        for each in () if dry_run else deleted:
            obj = to_dict(each)
            self._gone(_target_of(obj), (obj.get("metadata") or {}).get("uid") or "")
        return deleted

    async def evict(self, pod: Any, namespace: str | None = None, *, dry_run: bool = False) -> None:
        """See ``Client.evict``."""
        target = _target_at(address_of_pod(pod, namespace))
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
                rights.denied(_read_attempt(verb, kind, namespace), error)
            raise
        if rights:
            rights.granted(_read_attempt(verb, kind, namespace))
        return answer

    async def _attempt(self, attempt: Awaitable[Any], target: Target | None, sent: Any) -> Any:
        """Await a write with a resource version, and record an expectation after a conflict."""
        try:
            return await attempt
        except ConflictError:
            metadata = sent.get("metadata") if isinstance(sent, Mapping) else None
            version = to_dict(metadata or {}).get("resourceVersion")
            if version:
                self._expect(target, NewerThan(version))
            raise

    def _noted(self, answer: Any, of: Target | None = None) -> Any:
        obj = to_dict(answer) if is_model(answer) else answer
        target = _target_of(obj)
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


def _read_attempt(verb: str, kind: Any, namespace: str | None) -> Attempt:
    """Return the attempt of a read; one kind stands for all that are named by a model or an object."""
    return Attempt(verb, str(kind) if isinstance(kind, str | GroupVersionKind) else "", namespace or "")


def _target_at(address: Address) -> Target | None:
    """Return the target of an address; None for a model class, which does not name its group."""
    kind = address.kind
    if isinstance(kind, str):
        kind = GroupVersionKind.parse(kind)
    if not isinstance(kind, GroupVersionKind):
        return None
    return Target(kind, NamespacedName(address.namespace or "", address.name))


def _target_of(obj: Any) -> Target | None:
    """Return the target of a dict; None for a model, whose target is known from the response."""
    if not isinstance(obj, dict) or not obj.get("apiVersion") or not obj.get("kind"):
        return None
    metadata = to_dict(obj.get("metadata") or {})
    name = metadata.get("name")
    if not name:
        return None
    return Target(GroupVersionKind.of(obj), NamespacedName(metadata.get("namespace") or "", name))
