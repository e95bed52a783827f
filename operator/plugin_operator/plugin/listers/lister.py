"""``Lister``: what plugins read of a cache."""

import builtins
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from plugin_operator.kube import NamespacedName, Object

if TYPE_CHECKING:
    from typing_extensions import TypeVar

    T = TypeVar("T", default=Object)
else:
    from typing import TypeVar

    T = TypeVar("T")


class Lister(Protocol[T]):
    """Read access to a cache: calls send no request, never wait, and return private copies.

    ``Lister[Widget]`` returns objects of a class with ``@resource``; ``Lister`` returns dicts. An object that does not
    fit the class gets an Event and a log line, and ``plugin_operator_object_decode_errors_total`` counts it.

    The cache contains the objects that the declaration selects (namespaces, selectors), without
    ``metadata.managedFields``, as of the last change that arrived. ``len(lister)`` counts objects, and
    ``request in lister`` checks for one without a copy. Thread-safe.
    """

    def get(self, key: NamespacedName | tuple[str, str] | str, namespace: str | None = None) -> T | None:
        """Return a copy of one object, or None if the cache does not contain it.

        Args:
            key: a ``Request``, a pair of namespace and name, or a text: a name, or ``"namespace/name"``.
            namespace: namespace of a plain name. It has no default; omit it for cluster-scoped kinds only.

        Raises:
            ObjectDecodeError: the object does not fit the class.
            ValueError: the text has more than one slash, or no name; or a plain name of a namespaced kind has no
                namespace.
        """

    def raw(self, key: NamespacedName | tuple[str, str] | str, namespace: str | None = None) -> Object | None:
        """Return a copy of one object as a dict, also if it does not fit the class; None if it is not cached.

        Args:
            key: as for ``get``.
            namespace: as for ``get``.

        Raises:
            ValueError: as for ``get``.
        """

    def list(
        self,
        namespace: str | None = None,
        label_selector: str | Mapping[str, Any] | None = None,
        *,
        strict: bool = False,
    ) -> builtins.list[T]:
        """Return copies of all objects that match, in no particular order.

        An object that does not fit the class is left out, unless ``strict``: it must not fail all others.

        Args:
            namespace: namespace of the objects; None for all.
            label_selector: kubectl's syntax, a mapping of labels, or ``matchLabels`` and ``matchExpressions``.
            strict: raise for an object that does not fit. Use it before you delete what no listed object needs.

        Raises:
            ObjectDecodeError: ``strict``, and an object does not fit the class.
            SelectorError: the selector cannot be parsed.
            TypeError: the selector is neither text nor a mapping.
        """

    def keys(
        self, namespace: str | None = None, label_selector: str | Mapping[str, Any] | None = None
    ) -> builtins.list[NamespacedName]:
        """Return the names of the objects that ``list`` would return.

        Args:
            namespace: namespace of the objects; None for all.
            label_selector: as for ``list``.

        Raises:
            SelectorError: the selector cannot be parsed.
            TypeError: the selector is neither text nor a mapping.
        """

    def by_index(
        self, index: str, value: str, namespace: str | None = None, *, strict: bool = False
    ) -> builtins.list[T]:
        """Return copies of the objects with an index value, in no order; leaves out what ``list`` leaves out.

        Args:
            index: name of the index in ``indexes=``.
            value: index value, as the index function returned it.
            namespace: namespace of the objects; None for all.
            strict: as for ``list``.

        Raises:
            ObjectDecodeError: ``strict``, and an object does not fit the class.
            LookupError: the kind has no such index; the message names its indexes.
        """

    def index_keys(self, index: str, value: str, namespace: str | None = None) -> builtins.list[NamespacedName]:
        """Return the names of the objects that ``by_index`` would return, without copies.

        Args:
            index: name of the index in ``indexes=``.
            value: index value, as the index function returned it.
            namespace: namespace of the objects; None for all.

        Raises:
            LookupError: the kind has no such index; the message names its indexes.
        """

    def __len__(self) -> int: ...

    def __contains__(self, key: object) -> bool: ...
