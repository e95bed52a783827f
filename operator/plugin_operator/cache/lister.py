"""Read access to a store, by private copies or immutable objects."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

import msgspec

from plugin_operator.cache.index import Index
from plugin_operator.cache.objects import CachedObject
from plugin_operator.cache.store import Store
from plugin_operator.kube import GroupVersionKind, LabelSelector, NamespacedName, Object, builtin_resource


class _Labels(msgspec.Struct, gc=False):
    labels: dict[str, str] | None = None


class _Labelled(msgspec.Struct, gc=False):
    metadata: _Labels


_LABELLED = msgspec.json.Decoder(_Labelled)

Objects = list[Object]
Names = list[NamespacedName]
Selector: TypeAlias = str | Mapping[str, Any] | None
_NO_INDEXES: Mapping[str, Index] = MappingProxyType({})
AnyKey = NamespacedName | tuple[str, str] | str


class Lister:
    """Read access to one cache. No call waits or asks the API server.

    Args:
        store: the cache.
        indexes: its indexes by name.
        kind: kind of its objects, for the error about a name without a namespace; None if it is unknown.
    """

    __slots__ = ("_indexes", "_kind", "_store")

    def __init__(
        self, store: Store, indexes: Mapping[str, Index] = _NO_INDEXES, *, kind: GroupVersionKind | None = None
    ) -> None:
        self._store = store
        self._kind = kind
        self._indexes = indexes

    def get(self, key: AnyKey, namespace: str | None = None) -> Object | None:
        """Return a copy of one object, or None.

        Args:
            key: a request, a pair of namespace and name, or a text: "name" or "namespace/name".
            namespace: namespace of a plain name.

        Raises:
            ValueError: a plain name of a namespaced kind has no namespace, or the text is not a name.
        """
        found = self.cached(key, namespace)
        return None if found is None else found.decode()

    def list(self, namespace: str | None = None, label_selector: Selector = None, *, strict: bool = False) -> Objects:  # noqa: ARG002 - a dict always fits
        """Return copies of all objects, or of those in one namespace or with matching labels.

        Args:
            namespace: only objects in this namespace.
            label_selector: kubectl's syntax, a mapping of labels, or ``matchLabels`` and ``matchExpressions``.
            strict: for typed listers.

        Raises:
            SelectorError, TypeError: the selector cannot be parsed.
        """
        return [obj.decode() for obj in self.cached_list(namespace, label_selector)]

    def keys(self, namespace: str | None = None, label_selector: Selector = None) -> Names:
        """Return the names of the objects that ``list`` would return."""
        return [obj.key for obj in self.cached_list(namespace, label_selector)]

    def by_index(self, index: str, value: str, namespace: str | None = None, *, strict: bool = False) -> Objects:  # noqa: ARG002 - a dict always fits
        """Return copies of the objects that an index has under ``value``; ``strict`` is for typed listers.

        Raises:
            LookupError: this lister has no such index.
        """
        return [obj.decode() for obj in self.cached_by_index(index, value, namespace)]

    def index_keys(self, index: str, value: str, namespace: str | None = None) -> Names:
        """Return the names of the objects that ``by_index`` would return."""
        return [obj.key for obj in self.cached_by_index(index, value, namespace)]

    def with_indexes(self, indexes: Mapping[str, Index]) -> "Lister":
        """Return a lister of the same objects that knows these indexes of them by name."""
        return Lister(self._store, indexes, kind=self._kind)

    def raw(self, key: AnyKey, namespace: str | None = None) -> Object | None:
        """Return a copy of one object as a dict, or None."""
        return self.get(key, namespace)

    def cached(self, key: AnyKey, namespace: str | None = None) -> CachedObject | None:
        """Return one cached object without decoding it, or None."""
        if isinstance(key, str):
            if namespace or "/" not in key:
                found = self._store.get(namespace or "", key)
                if found is None and not namespace:
                    self._check_scope(key)
                return found
            key = NamespacedName.parse(key)
        return self._store.get(*key)

    def _check_scope(self, name: str) -> None:
        builtin = builtin_resource(self._kind) if self._kind is not None else None
        if builtin.namespaced if builtin is not None else self._store.has_namespaces():
            raise missing_namespace(self._kind, name)

    def __len__(self) -> int:
        return len(self._store)

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str | tuple) and self.cached(key) is not None

    def cached_list(self, namespace: str | None = None, label_selector: Selector = None) -> Iterable[CachedObject]:
        """Return the cached objects that ``list`` would return."""
        objects: Iterable[CachedObject] = self._store if namespace is None else self._store.in_namespace(namespace)
        selector = LabelSelector.of(label_selector)
        if not selector:
            return objects
        return [obj for obj in objects if selector.matches(_LABELLED.decode(obj.raw).metadata.labels or {})]

    def cached_by_index(self, index: str, value: str, namespace: str | None = None) -> Iterable[CachedObject]:
        """Return the cached objects that ``by_index`` would return."""
        known_index = self._indexes.get(index)
        if known_index is None:
            known = f"only {', '.join(map(repr, sorted(self._indexes)))}" if self._indexes else "and no other"
            raise LookupError(f"there is no index {index!r}, {known}: declare it with indexes={{{index!r}: function}}")
        found = known_index.get(value)
        return found if namespace is None else [obj for obj in found if obj.namespace == namespace]


def missing_namespace(kind: GroupVersionKind | None, name: str) -> ValueError:
    """Return the error for the name of a namespaced object without its namespace, under which no cache has it."""
    what = f"{kind} {name!r}" if kind is not None else repr(name)
    way_out = "pass the request, or namespace=request.namespace"
    return ValueError(f"no namespace is given for {what}, which is namespaced: {way_out}")
