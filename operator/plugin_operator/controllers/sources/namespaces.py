"""Isolation of namespaces: if the caches of one wait, only its own requests wait.

Owns which namespaces are open, and the requests of closed ones. Leaves the state of caches to informers.
"""

from collections.abc import Callable, Collection, Iterable

import msgspec

from plugin_operator.controllers.cache_interface import InformerKey
from plugin_operator.controllers.reconcile import Request

Enqueue = Callable[[Request, int], None]


def namespace_of(key: InformerKey) -> str | None:
    """Return the namespace of an informer; None for all namespaces, or for a cluster-scoped kind."""
    found: str | None = getattr(key, "namespace", None)
    return found


class Openness(msgspec.Struct, frozen=True):
    """The open and closed parts of a controller.

    Attributes:
        is_open: whether any namespace is open.
        closed: the closed namespaces.
    """

    is_open: bool
    closed: frozenset[str]


def openness(primary: Iterable[InformerKey], missing: Collection[InformerKey]) -> Openness:
    """Return which namespaces are open, from the missing caches.

    A namespace needs its own caches, and all caches without a namespace. With fewer than two namespaces, or a cache
    over all of them, there is only one part.

    Args:
        primary: keys of the caches of the reconciled kind.
        missing: keys of all caches that have not synced.
    """
    units = {namespace_of(key) for key in primary}
    gone = {namespace_of(key) for key in missing}
    if len(units) < 2 or None in units:
        return Openness(not gone, frozenset())
    closed = frozenset(each for each in units & gone if each is not None)
    return Openness(gone <= units and closed != units, closed)


class NamespaceGate:
    """Holds the requests of closed namespaces until they open.

    Args:
        enqueue: receives the requests of open namespaces.
    """

    __slots__ = ("_enqueue", "_held")

    def __init__(self, enqueue: Enqueue) -> None:
        self._enqueue = enqueue
        self._held: dict[str, dict[Request, int]] = {}

    @property
    def closed(self) -> frozenset[str]:
        """The closed namespaces."""
        return frozenset(self._held)

    def __contains__(self, request: Request) -> bool:
        return request in self._held.get(request.namespace, ())

    def add(self, request: Request, priority: int = 0) -> None:
        """Enqueue a request, now or when its namespace opens; if it has several priorities, the highest counts."""
        held = self._held.get(request.namespace)
        if held is None:
            self._enqueue(request, priority)
        else:
            held[request] = max(priority, held.get(request, priority))

    def close(self, namespaces: frozenset[str]) -> None:
        """Close these namespaces and open all others."""
        opened = [self._held.pop(each) for each in self.closed - namespaces]
        for each in namespaces:
            self._held.setdefault(each, {})
        for held in opened:
            for request, priority in held.items():
                self._enqueue(request, priority)
