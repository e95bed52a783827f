"""Which requests follow from a changed object.

Owns the three ways of controller-runtime's ``pkg/handler``: the object itself, its owner, whatever a function says.
Both the old and the new state of an updated object are asked, so that the one it moved away from hears of it too.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from plugin_operator.controllers.ports import CachedObject
from plugin_operator.controllers.types import Request
from plugin_operator.kube import GroupVersionKind, NamespacedName


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
        """Return what the function returns, as requests.

        Raises:
            TypeError, ValueError: it returned something else.
        """
        found = self.function(obj.decode())
        if isinstance(found, str) or type(found) is NamespacedName:
            found = [found]
        return [_as_request(each) for each in found or ()]


def _as_request(value: Any) -> Request:
    if isinstance(value, NamespacedName):
        return value
    if isinstance(value, str):
        return Request.parse(value)
    if isinstance(value, tuple | list) and len(value) == 2 and all(isinstance(part, str) for part in value):
        return Request(value[0], value[1])
    # Its type and not itself, for it may be a whole Secret and this is logged.
    raise TypeError(f"a map function returned a {type(value).__name__}, which is no request")
