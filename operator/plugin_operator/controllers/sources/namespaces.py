"""A namespace as a unit of its own: one whose caches cannot be had keeps its own requests waiting, and no others.

Owns which namespaces can be worked on, and the requests of those that cannot. What a cache can be had for is the
informers' business.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from plugin_operator.controllers.cache_interface import InformerKey
from plugin_operator.controllers.reconcile import Request

Enqueue = Callable[[Request, int], None]


def namespace_of(key: InformerKey) -> str | None:
    """Return the one namespace that an informer watches; None for all, or for a kind without."""
    found: str | None = getattr(key, "namespace", None)
    return found


@dataclass(frozen=True, slots=True)
class Openness:
    """What of a controller can work.

    Attributes:
        is_open: something can.
        closed: the namespaces that cannot.
    """

    is_open: bool
    closed: frozenset[str]


def openness(primary: Iterable[InformerKey], missing: Collection[InformerKey]) -> Openness:
    """Judge by the caches that are missing.

    A namespace of the reconciled kind needs the caches of that namespace. All of them need every other cache. With one
    namespace or none, or a cache over all of them, there are no parts.

    Args:
        primary: the caches of the reconciled kind.
        missing: the caches, of that and of other kinds, that cannot be read.
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
        enqueue: takes those of all others.
    """

    __slots__ = ("_enqueue", "_held")

    def __init__(self, enqueue: Enqueue) -> None:
        self._enqueue = enqueue
        self._held: dict[str, dict[Request, int]] = {}

    @property
    def closed(self) -> frozenset[str]:
        """The namespaces that are closed."""
        return frozenset(self._held)

    def __contains__(self, request: Request) -> bool:
        return request in self._held.get(request.namespace, ())

    def add(self, request: Request, priority: int = 0) -> None:
        """Enqueue a request, now or once its namespace is open; of several priorities the highest counts."""
        held = self._held.get(request.namespace)
        if held is None:
            self._enqueue(request, priority)
        else:
            held[request] = max(priority, held.get(request, priority))

    def close(self, namespaces: frozenset[str]) -> None:
        """Close these and open all others."""
        opened = [self._held.pop(each) for each in self.closed - namespaces]
        for each in namespaces:
            self._held.setdefault(each, {})
        for held in opened:
            for request, priority in held.items():
                self._enqueue(request, priority)
