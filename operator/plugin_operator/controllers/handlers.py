"""Event handlers: map a changed object to requests.

Owns the three handlers of controller-runtime's ``pkg/handler``: for the object itself, for its owner, and for a map
function. For an update they map the old and the new state, so that a former owner is enqueued too.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, cast

from plugin_operator.controllers import value_checks
from plugin_operator.controllers.cache_interface import CachedObject
from plugin_operator.controllers.reconcile import Request
from plugin_operator.kube import GroupVersionKind, NamespacedName

#: Longest text of a request: object names have at most 253 characters, after a namespace and a slash.
_MAX_CHARACTERS = 2 * 253 + 1
#: Most requests of a map function for one object; an endless one would exhaust the memory of the process.
MAX_MAPPED = 100_000
_TAKES = "it takes a list of Request(namespace, name), (namespace, name) or 'namespace/name'"


class Handler(Protocol):
    """Maps an object to requests."""

    def requests(self, key: Request, obj: CachedObject) -> Iterable[Request]:
        """Return the requests for ``obj``; may raise any exception of plugin code."""


@dataclass(frozen=True, slots=True)
class EnqueueForObject:
    """Handler that enqueues the object itself."""

    def requests(self, key: Request, obj: CachedObject) -> Iterable[Request]:  # noqa: ARG002 - only the key is used
        """Return the key of the object."""
        return (key,)


@dataclass(frozen=True, slots=True)
class EnqueueForOwner:
    """Handler that enqueues the owners of one kind, in any of its versions.

    Attributes:
        owner: kind of the owners.
        only_controller: whether only the owner with ``controller: true`` counts.
        namespaced: whether owners are namespaced; their namespace is that of the object.
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
    """Handler that enqueues the results of a map function: requests, pairs or ``namespace/name`` texts.

    Attributes:
        function: map function of the plugin; receives a private copy of the object.
    """

    function: Callable[[dict[str, Any]], Iterable[Any] | None]

    def requests(self, key: Request, obj: CachedObject) -> Iterable[Request]:  # noqa: ARG002 - the object contains its key
        """Yield the results of the map function as requests; skip invalid ones, and raise for them at the end.

        Raises:
            TypeError, ValueError: a result is invalid; the message has its type and the valid forms.
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
    """Return a request of plain ``str`` values, without the hash and equality of a plugin's subclass.

    Args:
        value: a request, a pair of namespace and name, or ``namespace/name``.
        said: start of the error message: "a map function returned".

    Raises:
        TypeError, ValueError: ``value`` is not a request; the message has its type and the valid forms.
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
        # Show its type only: the value may be a Secret, and the message is logged.
        raise TypeError(f"{said} {value_checks.shown(value)}, which is not a request; {_TAKES}")
    namespace, name = parts
    if namespace is None:  # metadata of a cluster-scoped object has no namespace
        namespace = ""
    return Request(_part("namespace", namespace), _part("name", name) or _refuse_empty())


def _part(field: str, value: Any) -> str:
    plain = value_checks.text(f"the {field} of a request", value, most=_MAX_CHARACTERS)
    if "/" in plain:
        raise ValueError(f"the {field} of a request is {value_checks.shown(plain)}; it takes no slash")
    return plain


def _refuse_empty() -> str:
    raise ValueError("the name of a request is empty; it takes the name of an object")
