"""Typed read access to a cache: each object is decoded to a class, straight from the cached bytes.

Owns what happens to an object that does not fit the class: ``get`` raises for it alone, and ``list`` leaves it out, so
that it fails no other key. Both report it.
"""

import builtins
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Generic, Protocol, TypeVar

from plugin_operator.cache import CachedObject
from plugin_operator.cache.lister import missing_namespace
from plugin_operator.client.typed_documents import is_namespaced
from plugin_operator.kube import GroupVersionKind, NamespacedName, Object
from plugin_operator.kube.objects import ApiObject, ObjectDecodeError
from plugin_operator.kube.objects.decoding import decode

A = TypeVar("A", bound=ApiObject)

#: Records an object that does not fit, in the version that the cache has.
Report = Callable[[ObjectDecodeError, str], None]


class CachedObjects(Protocol):
    """What a typed lister uses of a lister of dicts."""

    def cached(self, key: Any, namespace: str | None = None) -> CachedObject | None:
        """Return one cached object without decoding it, or None."""

    def cached_list(self, namespace: str | None = None, label_selector: Any = None) -> Iterable[CachedObject]:
        """Return the cached objects that ``list`` would return."""

    def cached_by_index(self, index: str, value: str, namespace: str | None = None) -> Iterable[CachedObject]:
        """Return the cached objects that ``by_index`` would return."""

    def keys(self, namespace: str | None = None, label_selector: Any = None) -> list[NamespacedName]:
        """Return the names of the objects that ``list`` would return."""

    def index_keys(self, index: str, value: str, namespace: str | None = None) -> list[NamespacedName]:
        """Return the names of the objects that ``by_index`` would return."""

    def __len__(self) -> int: ...

    def __contains__(self, key: object) -> bool: ...


class TypedLister(Generic[A]):
    """A ``Lister`` of typed objects.

    Args:
        lister: the cache.
        cls: class of the objects.
        gvk: kind of the class.
        report: records an object that does not fit.
    """

    __slots__ = ("_cls", "_gvk", "_lister", "_report")

    def __init__(self, lister: CachedObjects, cls: type[A], gvk: GroupVersionKind, report: Report) -> None:
        self._lister = lister
        self._cls = cls
        self._gvk = gvk
        self._report = report

    def get(self, key: NamespacedName | tuple[str, str] | str, namespace: str | None = None) -> A | None:
        """See ``Lister.get``."""
        found = self._cached(key, namespace)
        return None if found is None else self._decoded(found)

    def raw(self, key: NamespacedName | tuple[str, str] | str, namespace: str | None = None) -> Object | None:
        """See ``Lister.raw``."""
        found = self._cached(key, namespace)
        return None if found is None else found.decode()

    def list(
        self,
        namespace: str | None = None,
        label_selector: str | Mapping[str, Any] | None = None,
        *,
        strict: bool = False,
    ) -> builtins.list[A]:
        """See ``Lister.list``."""
        return builtins.list(self._fitting(self._lister.cached_list(namespace, label_selector), strict))

    def keys(
        self, namespace: str | None = None, label_selector: str | Mapping[str, Any] | None = None
    ) -> builtins.list[NamespacedName]:
        """See ``Lister.keys``."""
        return self._lister.keys(namespace, label_selector)

    def by_index(
        self, index: str, value: str, namespace: str | None = None, *, strict: bool = False
    ) -> builtins.list[A]:
        """See ``Lister.by_index``."""
        return builtins.list(self._fitting(self._lister.cached_by_index(index, value, namespace), strict))

    def index_keys(self, index: str, value: str, namespace: str | None = None) -> builtins.list[NamespacedName]:
        """See ``Lister.index_keys``."""
        return self._lister.index_keys(index, value, namespace)

    def __len__(self) -> int:
        return len(self._lister)

    def __contains__(self, key: object) -> bool:
        return key in self._lister

    def _cached(self, key: NamespacedName | tuple[str, str] | str, namespace: str | None) -> CachedObject | None:
        found = self._lister.cached(key, namespace)
        if found is None and not namespace and isinstance(key, str) and "/" not in key and is_namespaced(self._cls):
            raise missing_namespace(self._gvk, key)
        return found

    def _fitting(self, found: Iterable[CachedObject], strict: bool) -> Iterator[A]:
        for each in found:
            try:
                yield self._decoded(each)
            except ObjectDecodeError:
                if strict:
                    raise

    def _decoded(self, found: CachedObject) -> A:
        try:
            return decode(self._cls, self._gvk, found.raw)
        except ObjectDecodeError as error:
            self._report(error, found.resource_version)
            raise
