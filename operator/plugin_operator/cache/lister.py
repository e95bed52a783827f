"""Read access to a store, by private copies or immutable objects."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

import msgspec

from plugin_operator.cache.index import Index
from plugin_operator.cache.objects import CachedObject
from plugin_operator.cache.store import Store
from plugin_operator.kube import LabelSelector, NamespacedName, Object


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
    """Read access to one cache. No call waits or asks the API server."""

    __slots__ = ("_indexes", "_store")

    def __init__(self, store: Store, indexes: Mapping[str, Index] = _NO_INDEXES) -> None:
        self._store = store
        self._indexes = indexes

    def get(self, key: AnyKey, namespace: str | None = None) -> Object | None:
        """Return a copy of one object, or None.

        Args:
            key: a request, a pair of namespace and name, or a text: "name" or "namespace/name".
            namespace: namespace of a plain name.
        """
        found = self.raw(key, namespace)
        return None if found is None else found.decode()

    def list(self, namespace: str | None = None, label_selector: Selector = None) -> Objects:
        """Return copies of all objects, or of those in one namespace or with matching labels.

        Args:
            namespace: only objects in this namespace.
            label_selector: kubectl's syntax, a mapping of labels, or ``matchLabels`` and ``matchExpressions``.

        Raises:
            SelectorError, TypeError: the selector cannot be parsed.
        """
        return [obj.decode() for obj in self._select(namespace, label_selector)]

    def keys(self, namespace: str | None = None, label_selector: Selector = None) -> Names:
        """Return the names of the objects that ``list`` would return."""
        return [obj.key for obj in self._select(namespace, label_selector)]

    def by_index(self, index: str, value: str, namespace: str | None = None) -> Objects:
        """Return copies of the objects that an index has under ``value``.

        Raises:
            LookupError: this lister has no such index.
        """
        return [obj.decode() for obj in self._indexed(index, value, namespace)]

    def index_keys(self, index: str, value: str, namespace: str | None = None) -> Names:
        """Return the names of the objects that ``by_index`` would return."""
        return [obj.key for obj in self._indexed(index, value, namespace)]

    def with_indexes(self, indexes: Mapping[str, Index]) -> "Lister":
        """Return a lister of the same objects that knows these indexes of them by name."""
        return Lister(self._store, indexes)

    def raw(self, key: AnyKey, namespace: str | None = None) -> CachedObject | None:
        """Return one cached object without decoding it, or None."""
        if isinstance(key, str):
            key = NamespacedName.parse(key) if namespace is None and "/" in key else (namespace or "", key)
        return self._store.get(*key)

    def __len__(self) -> int:
        return len(self._store)

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str | tuple) and self.raw(key) is not None

    def _select(self, namespace: str | None, label_selector: Selector) -> Iterable[CachedObject]:
        objects: Iterable[CachedObject] = self._store if namespace is None else self._store.in_namespace(namespace)
        selector = LabelSelector.of(label_selector)
        if not selector:
            return objects
        return [obj for obj in objects if selector.matches(_LABELLED.decode(obj.raw).metadata.labels or {})]

    def _indexed(self, index: str, value: str, namespace: str | None) -> Iterable[CachedObject]:
        known_index = self._indexes.get(index)
        if known_index is None:
            known = f"only {', '.join(map(repr, sorted(self._indexes)))}" if self._indexes else "and no other"
            raise LookupError(f"there is no index {index!r}, {known}: declare it with indexes={{{index!r}: function}}")
        found = known_index.get(value)
        return found if namespace is None else [obj for obj in found if obj.namespace == namespace]
