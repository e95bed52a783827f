"""The caches of a fake context, as ``ctx.sync_children`` reads them."""

from collections.abc import Collection, Iterator

from plugin_operator.cache.objects import CachedObject
from plugin_operator.kube import GroupVersionKind, NamespacedName, Object
from plugin_operator.plugin import owner_uid
from plugin_operator.testing.fakes.fake_objects import FakeObjects


class FakeChildCaches:
    """See ``plugin.children.ChildCaches``; every kind counts as declared in ``owns``, and every cache as complete.

    Args:
        fakes: the objects.
        controller_id: value of the label of children.
    """

    def __init__(self, fakes: FakeObjects, controller_id: str) -> None:
        self._fakes = fakes
        self._id = controller_id
        self.kinds: Collection[GroupVersionKind] = _EveryKind(fakes)

    def is_filtered(self, kind: GroupVersionKind) -> bool:  # noqa: ARG002 - no event is filtered
        """Return False."""
        return False

    async def is_namespaced(self, kind: GroupVersionKind) -> bool:
        """Report the scope that the fakes give a kind."""
        return self._fakes.resource(kind).namespaced

    def problem(self, kind: GroupVersionKind, child: Object) -> str:  # noqa: ARG002 - every object would be found
        """Return an empty text."""
        return ""

    def get(self, kind: GroupVersionKind, key: NamespacedName) -> CachedObject | None:
        """Return an object, or None."""
        return self._fakes.lister(kind).cached(key)

    async def of_owner(self, kind: GroupVersionKind, uid: str) -> Collection[CachedObject]:
        """Return the marked objects of an owner."""
        lister = self._fakes.lister(kind)
        found = map(lister.cached, lister.keys())
        return [each for each in found if each is not None and owner_uid(each.metadata(), (self._id,)) == uid]

    def has_synced(self, kind: GroupVersionKind) -> bool:  # noqa: ARG002 - there is no other state
        """Return True."""
        return True

    has_listed = has_synced


class _EveryKind(Collection[GroupVersionKind]):
    """Contains every kind, and iterates over those that were used."""

    def __init__(self, fakes: FakeObjects) -> None:
        self._fakes = fakes

    def __contains__(self, kind: object) -> bool:
        return isinstance(kind, GroupVersionKind)

    def __iter__(self) -> Iterator[GroupVersionKind]:
        return iter([each.gvk for each in self._fakes.resources()])

    def __len__(self) -> int:
        return len(self._fakes.resources())
