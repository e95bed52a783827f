"""The resources of kinds: built-in ones, those of CRDs, and guesses.

Owns the mapping without a cluster. A caller with a cluster adds the resources of its discovery.
"""

from collections.abc import Iterable

from plugin_operator.kube import GroupVersionKind, Resource, builtin_resource, builtin_resources, guessed_resource

_BUILTIN = {(each.gvk.group, each.plural): each for each in builtin_resources()}


class ResourceTable:
    """Finds the resource of a kind by group and kind, in any version.

    Args:
        known: resources from CRDs or discovery; they come before built-in ones.
    """

    def __init__(self, known: Iterable[Resource] = ()) -> None:
        self._by_kind: dict[tuple[str, str], Resource] = {}
        self._by_plural: dict[tuple[str, str], Resource] = {}
        self._guessed: dict[GroupVersionKind, Resource] = {}
        for each in known:
            self.add(each)

    def add(self, resource: Resource) -> None:
        """Add a resource from a CRD or from discovery."""
        self._by_kind[resource.gvk.group, resource.gvk.kind] = resource
        self._by_plural[resource.gvk.group, resource.plural] = resource

    def resource_of(self, kind: GroupVersionKind) -> Resource:
        """Return the resource of a kind; an unknown kind gets its regular plural and counts as namespaced."""
        found = self._by_kind.get((kind.group, kind.kind)) or builtin_resource(kind) or self._guessed.get(kind)
        if found is None:
            found = self._guessed[kind] = guessed_resource(kind)
        return found

    def is_known(self, kind: GroupVersionKind) -> bool:
        """Report whether the resource of a kind is built in or was added, so that it is no guess."""
        return (kind.group, kind.kind) in self._by_kind or builtin_resource(kind) is not None

    def is_namespaced(self, group: str, plural: str) -> bool:
        """Report whether objects of a resource have namespaces; an unknown one counts as namespaced."""
        found = self._by_plural.get((group, plural)) or _BUILTIN.get((group, plural))
        return found.namespaced if found is not None else True

    def guesses(self) -> list[GroupVersionKind]:
        """Return the kinds whose resource was guessed so far, sorted."""
        return sorted(self._guessed)
