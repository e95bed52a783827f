"""The client of one reconcile, which records its writes as expectations.

Owns the mapping of responses to expectations. Passes reads to the wrapped client.
"""

import inspect
from collections.abc import Awaitable, Mapping
from typing import Any

from plugin_operator.client import Client
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

    async def get(self, kind: Any, name: str | NamespacedName, namespace: str | None = None) -> Any:
        """See ``Client.get``."""
        return await self._client.get(kind, name, namespace)

    async def list(
        self, kind: Any, namespace: str | None = None, label_selector: Any = None, field_selector: Any = None
    ) -> Any:
        """See ``Client.list``."""
        return await self._client.list(kind, namespace, label_selector, field_selector)

    async def create(self, obj: Any, **options: Any) -> Any:
        """See ``Client.create``."""
        target = _target_of(obj)
        try:
            return self._noted(await self._allowed(self._client.create(obj, **options), "create", target))
        except AlreadyExistsError:
            self._expect(target, Present())
            raise

    async def update(self, obj: Any, **options: Any) -> Any:
        """See ``Client.update``."""
        attempt = self._allowed(self._client.update(obj, **options), "update", _target_of(obj))
        return self._noted(await self._attempt(attempt, _target_of(obj), obj))

    async def update_status(self, obj: Any, **options: Any) -> Any:
        """See ``Client.update_status``."""
        attempt = self._allowed(self._client.update_status(obj, **options), "update/status", _target_of(obj))
        return self._noted(await self._attempt(attempt, _target_of(obj), obj))

    async def patch(
        self, kind: Any, name: str | NamespacedName, patch: Any, namespace: str | None = None, **options: Any
    ) -> Any:
        """See ``Client.patch``."""
        target = _target(kind, name, namespace)
        verb = f"patch/{options.get('subresource') or ''}"
        attempt = self._allowed(self._client.patch(kind, name, patch, namespace, **options), verb, target)
        # The response of "scale" is a Scale, but the write changed the scaled object.
        of = target if options.get("subresource") == "scale" else None
        return self._noted(await self._attempt(attempt, target, patch), of)

    async def patch_status(
        self, kind: Any, name: str | NamespacedName, status: Any, namespace: str | None = None, **options: Any
    ) -> Any:
        """See ``Client.patch_status``."""
        attempt = self._client.patch_status(kind, name, status, namespace, **options)
        return self._noted(await self._allowed(attempt, "patch/status", _target(kind, name, namespace)))

    async def apply(self, obj: Any, **options: Any) -> Any:
        """See ``Client.apply``; its conflicts concern field ownership, not the cache."""
        verb = f"apply/{options.get('subresource') or ''}"
        return self._noted(await self._allowed(self._client.apply(obj, **options), verb, _target_of(obj)))

    async def delete(self, kind: Any, name: str | NamespacedName, namespace: str | None = None, **options: Any) -> None:
        """See ``Client.delete``."""
        target = _target(kind, name, namespace)
        uid = self._writes.uid_of(target) if target is not None else ""
        try:
            await self._allowed(self._client.delete(kind, name, namespace, **options), "delete", target)
        except NotFoundError:
            self._expect(target, Deleted(uid))
            raise
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


def _target(kind: Any, name: str | NamespacedName, namespace: str | None) -> Target | None:
    if isinstance(kind, str):
        kind = GroupVersionKind.parse(kind)
    if not isinstance(kind, GroupVersionKind):
        return None
    if isinstance(name, NamespacedName):
        return Target(kind, NamespacedName(namespace or name.namespace, name.name))
    return Target(kind, NamespacedName(namespace or "", name))


def _target_of(obj: Any) -> Target | None:
    """Return the target of a dict; None for a model, whose target is known from the response."""
    if not isinstance(obj, dict) or not obj.get("apiVersion") or not obj.get("kind"):
        return None
    metadata = to_dict(obj.get("metadata") or {})
    name = metadata.get("name")
    if not name:
        return None
    return Target(GroupVersionKind.of(obj), NamespacedName(metadata.get("namespace") or "", name))
