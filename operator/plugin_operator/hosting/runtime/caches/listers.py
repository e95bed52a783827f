"""Reads over the caches of several namespaces."""

import builtins
from collections.abc import Mapping
from typing import Any

from plugin_operator.cache import CachedObject
from plugin_operator.cache.lister import missing_namespace
from plugin_operator.kube import NamespacedName, Object
from plugin_operator.plugin import Lister


def merged_lister(listers: Mapping[str, Any]) -> Lister:
    """Return one lister over those of several namespaces, or the only one there is."""
    if len(listers) == 1:
        only: Lister = next(iter(listers.values()))
        return only
    return MergedLister(listers)


class MergedLister:
    """One lister over the caches of several namespaces."""

    __slots__ = ("_by_namespace",)

    def __init__(self, listers: Mapping[str, Any]) -> None:
        self._by_namespace = listers

    def get(self, key: NamespacedName | tuple[str, str] | str, namespace: str | None = None) -> Object | None:
        """Return a private copy of one object, or None."""
        found = self.cached(key, namespace)
        return None if found is None else found.decode()

    def raw(self, key: NamespacedName | tuple[str, str] | str, namespace: str | None = None) -> Object | None:
        """Return a private copy of one object as a dict, or None."""
        return self.get(key, namespace)

    def cached(self, key: NamespacedName | tuple[str, str] | str, namespace: str | None = None) -> CachedObject | None:
        """Return one cached object without decoding it, or None."""
        if isinstance(key, str):
            is_whole = namespace is None and "/" in key
            if not is_whole and not namespace:
                raise missing_namespace(None, key)  # caches by namespace are of a namespaced kind
            key = NamespacedName.parse(key) if is_whole else NamespacedName(namespace or "", key)
        lister = self._by_namespace.get(key[0])
        found: CachedObject | None = lister.cached(key) if lister is not None else None
        return found

    def list(
        self,
        namespace: str | None = None,
        label_selector: Any = None,
        *,
        strict: bool = False,  # noqa: ARG002 - a dict always fits
    ) -> builtins.list[Object]:
        """Return private copies of all objects that match."""
        return [obj.decode() for obj in self.cached_list(namespace, label_selector)]

    def cached_list(self, namespace: str | None = None, label_selector: Any = None) -> builtins.list[CachedObject]:
        """Return the cached objects that ``list`` would return."""
        return [obj for lister in self._pick(namespace) for obj in lister.cached_list(None, label_selector)]

    def keys(self, namespace: str | None = None, label_selector: Any = None) -> builtins.list[NamespacedName]:
        """Return the names of all objects that match."""
        return [key for lister in self._pick(namespace) for key in lister.keys(None, label_selector)]

    def by_index(
        self,
        index: str,
        value: str,
        namespace: str | None = None,
        *,
        strict: bool = False,  # noqa: ARG002 - a dict always fits
    ) -> builtins.list[Object]:
        """Return private copies of the objects that an index has under ``value``."""
        return [obj.decode() for obj in self.cached_by_index(index, value, namespace)]

    def cached_by_index(self, index: str, value: str, namespace: str | None = None) -> builtins.list[CachedObject]:
        """Return the cached objects that ``by_index`` would return."""
        return [obj for lister in self._with_index(index, namespace) for obj in lister.cached_by_index(index, value)]

    def index_keys(self, index: str, value: str, namespace: str | None = None) -> builtins.list[NamespacedName]:
        """Return the names of the objects that an index has under ``value``."""
        return [key for lister in self._with_index(index, namespace) for key in lister.index_keys(index, value)]

    def __len__(self) -> int:
        return sum(len(lister) for lister in self._by_namespace.values())

    def __contains__(self, key: object) -> bool:
        return any(key in lister for lister in self._by_namespace.values())

    def _pick(self, namespace: str | None) -> builtins.list[Any]:
        if namespace is None:
            return list(self._by_namespace.values())
        return [self._by_namespace[namespace]] if namespace in self._by_namespace else []

    def _with_index(self, index: str, namespace: str | None) -> builtins.list[Any]:
        """Like ``_pick``; an index that does not exist raises for every namespace."""
        found = self._pick(namespace)
        if not found:
            next(iter(self._by_namespace.values())).index_keys(index, "")
        return found
