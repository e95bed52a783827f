"""``OwnedCaches``: the caches of the kinds in ``owns``, as ``ctx.sync_children`` reads them."""

import asyncio
from collections.abc import Collection, Iterable
from typing import Any

from plugin_operator.cache import Index, ShardBy
from plugin_operator.hosting.runtime.caches.informer_set import InformerSet
from plugin_operator.hosting.runtime.spec_builder import IsNamespaced
from plugin_operator.kube import GroupVersionKind, LabelSelector, NamespacedName, Object, guessed_resource
from plugin_operator.kube.ownership import OWNER_UID_LABEL
from plugin_operator.plugin import ControllerDeclaration, ControllerIdentity, marked_owner, owner_uid


class OwnedCaches:
    """See ``plugin.children.ChildCaches``.

    An index by owner is added to each cache at the first use, so that controllers without children pay nothing.

    Args:
        declaration: the declaration of the controller.
        identity: its current and former ids.
        informers: its informers.
        is_namespaced: asks the API server about the scope of a kind; None to guess.
    """

    def __init__(
        self,
        declaration: ControllerDeclaration,
        identity: ControllerIdentity,
        informers: InformerSet,
        is_namespaced: IsNamespaced | None,
    ) -> None:
        self._identity = identity
        self._informers = informers
        self._is_namespaced = is_namespaced
        self._indexes: dict[GroupVersionKind, list[Index]] = {}
        self._building = asyncio.Lock()
        self.kinds: Collection[GroupVersionKind] = frozenset(each.kind for each in declaration.owns)
        self._filtered = frozenset(each.kind for each in declaration.owns if each.predicates)

    def is_filtered(self, kind: GroupVersionKind) -> bool:
        """Report whether ``owns`` declares predicates for a kind."""
        return kind in self._filtered

    async def is_namespaced(self, kind: GroupVersionKind) -> bool:
        """Ask discovery, which remembers; a guess from the kind in tests without an API server."""
        if self._is_namespaced is None:
            return guessed_resource(kind).namespaced
        return await self._is_namespaced(kind)

    def problem(self, kind: GroupVersionKind, child: Object) -> str:
        """Return why no cache of ``owns`` would contain ``child``; field selectors are not judged here."""
        metadata = child["metadata"]
        problems = [_problem(each.key, metadata) for each in self._informers.owned(kind)]
        return "" if "" in problems else problems[0]

    def get(self, kind: GroupVersionKind, key: NamespacedName) -> Any:
        """Return the cached object, or None."""
        found = (each.lister.cached(key) for each in self._of(kind, key))
        return next((each for each in found if each is not None), None)

    async def of_owner(self, kind: GroupVersionKind, uid: str) -> Collection[Any]:
        """Return the marked objects of an owner; the first call goes through the whole cache."""
        if kind not in self._indexes:
            async with self._building:
                if kind not in self._indexes:
                    self._indexes[kind] = await self._informers.index_owned(kind, _values)
        found = {obj.key: obj for index in self._indexes[kind] for obj in index.get(uid)}.values()
        # Judged here and not in the index, because a controller may learn a former id later.
        return [obj for obj in found if owner_uid(obj.metadata(), self._identity.ids)]

    def has_synced(self, kind: GroupVersionKind) -> bool:
        """Report whether all caches of a kind are complete and follow the server."""
        return all(each.has_synced and not each.is_waiting for each in self._informers.owned(kind))

    def has_listed(self, kind: GroupVersionKind) -> bool:
        """Report whether all caches of a kind have been complete once."""
        return all(each.has_synced for each in self._informers.owned(kind))

    def _of(self, kind: GroupVersionKind, key: NamespacedName) -> Iterable[Any]:
        return (each for each in self._informers.owned(kind) if each.key.namespace in {None, key.namespace})


def _values(obj: Any) -> tuple[str, ...]:
    uid = marked_owner(obj.metadata())
    return (uid,) if uid else ()


def _problem(key: Any, metadata: Object) -> str:
    if key.namespace not in {None, metadata.get("namespace")}:
        return f"owns= caches namespace {key.namespace} only, and the child is in {metadata.get('namespace')}"
    if key.shard_by is ShardBy.NAMESPACE and OWNER_UID_LABEL in (metadata.get("labels") or {}):
        return "it is not in its owner's namespace, which divides the objects: write shard_by='uid'"
    if not LabelSelector.parse(key.label_selector).matches(metadata.get("labels") or {}):
        return f"its labels do not match the label_selector {key.label_selector!r} in owns="
    return ""
