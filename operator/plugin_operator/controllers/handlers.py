"""Which requests follow from a changed object.

Owns the three ways of controller-runtime's ``pkg/handler``: the object itself, its owner, whatever a function says.
Both the old and the new state of an updated object are asked, so that the one it moved away from hears of it too.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, cast

from plugin_operator.controllers import value_checks
from plugin_operator.controllers.cache_interface import CachedObject
from plugin_operator.controllers.reconcile import Request
from plugin_operator.kube import GroupVersionKind, NamespacedName

#: Names of objects have at most 253, with a namespace and a slash before them.
_MAX_CHARACTERS = 2 * 253 + 1
#: A map function that yields more for one object never ends: each event would take the memory of the process.
MAX_MAPPED = 100_000
_TAKES = "it takes a list of Request(namespace, name), (namespace, name) or 'namespace/name'"


class Handler(Protocol):
    """Maps an object to requests."""

    def requests(self, key: Request, obj: CachedObject) -> Iterable[Request]:
        """Return the requests that follow from ``obj``; may raise what the author's code raises."""


@dataclass(frozen=True, slots=True)
class EnqueueForObject:
    """The object itself."""

    def requests(self, key: Request, obj: CachedObject) -> Iterable[Request]:  # noqa: ARG002 - the key says it all
        """Return the key."""
        return (key,)


@dataclass(frozen=True, slots=True)
class EnqueueForOwner:
    """The owners of one kind, in any of its versions.

    Attributes:
        owner: their kind.
        only_controller: only the owner that has ``controller: true``.
        namespaced: whether the owner lives in a namespace, which is then that of the object.
    """

    owner: GroupVersionKind
    only_controller: bool = True
    namespaced: bool = True

    def requests(self, key: Request, obj: CachedObject) -> Iterable[Request]:
        """Return a request for each owner of that group and kind."""
        namespace = key.namespace if self.namespaced else ""
        return [
            Request(namespace, owner.name)
            for owner in obj.metadata().owner_references or ()
            if owner.kind == self.owner.kind
            and owner.api_version.rpartition("/")[0] == self.owner.group
            and (owner.controller or not self.only_controller)
        ]


@dataclass(frozen=True, slots=True)
class EnqueueMapped:
    """Whatever a function of the object returns: requests, ``(namespace, name)`` pairs or ``namespace/name`` texts.

    Attributes:
        function: the author's; gets a private copy of the object.
    """

    function: Callable[[dict[str, Any]], Iterable[Any] | None]

    def requests(self, key: Request, obj: CachedObject) -> Iterable[Request]:  # noqa: ARG002 - it is in the object
        """Yield what the function returns, as requests; what is wrong among it is left out and raised at the end.

        Raises:
            TypeError, ValueError: it returned something else; says of what type, and what it takes.
        """
        first: TypeError | ValueError | None = None
        for count, each in enumerate(_as_iterable(self.function(obj.decode()))):
            if count == MAX_MAPPED:
                raise ValueError(f"a map function returned more than {MAX_MAPPED:,} requests for one object")
            try:
                request = request_of(each, "a map function returned")
            except (TypeError, ValueError) as error:
                first = first or error
            else:
                yield request
        if first is not None:
            raise first


def _as_iterable(found: Any) -> Iterable[Any]:
    if found is None:
        return ()
    if isinstance(found, str | NamespacedName):
        return (found,)
    if isinstance(found, Mapping | bytes) or not hasattr(type(found), "__iter__"):
        raise TypeError(f"a map function returned {value_checks.shown(found)}; {_TAKES}")
    return cast("Iterable[Any]", found)


def request_of(value: Any, said: str) -> Request:
    """Return a request made of plain texts: its hash and equality are those of str, whatever the author's are.

    Args:
        value: a request, a pair of namespace and name, or ``namespace/name``.
        said: who gave it, the beginning of a message: "a map function returned".

    Raises:
        TypeError, ValueError: it is none; says of what type it is, and what it takes.
    """
    kind = type(value)
    parts: tuple[Any, ...] = ()
    if issubclass(kind, str):
        parts = Request.parse(value_checks.text("a request", value, most=_MAX_CHARACTERS))
    elif issubclass(kind, tuple):
        parts = tuple(tuple.__iter__(value))
    elif issubclass(kind, list):
        parts = tuple(list.__iter__(value))
    if len(parts) != len(Request._fields):
        # Its type and not itself, for it may be a whole Secret and this is logged.
        raise TypeError(f"{said} {value_checks.shown(value)}, which is no request; {_TAKES}")
    namespace, name = parts
    if namespace is None:  # as the metadata of a cluster-scoped object has it
        namespace = ""
    return Request(_part("namespace", namespace), _part("name", name) or _refuse_empty())


def _part(field: str, value: Any) -> str:
    plain = value_checks.text(f"the {field} of a request", value, most=_MAX_CHARACTERS)
    if "/" in plain:
        raise ValueError(f"the {field} of a request is {value_checks.shown(plain)}; it takes no slash")
    return plain


def _refuse_empty() -> str:
    raise ValueError("the name of a request is empty; it takes the name of an object")
