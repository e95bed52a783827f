"""The gate of a controller, which opens as its caches sync: fully, for some namespaces, or not at all.

Owns the routing of requests meanwhile. Leaves it to ``namespaces`` how a namespace depends on caches.
"""

from plugin_operator import logs
from plugin_operator.controllers.reconcile import Request
from plugin_operator.controllers.sources.late_maps import Enqueue
from plugin_operator.controllers.sources.namespaces import NamespaceGate, openness
from plugin_operator.controllers.sources.source_set import Sources
from plugin_operator.controllers.spec import ControllerSpec

_log = logs.get_logger(__name__)


class CacheGate:
    """Opens one controller as its caches sync.

    Args:
        controller: name of the controller, for log lines.
        sources: routed through this gate while namespaces wait.
        enqueue: receives the requests of open namespaces.

    Attributes:
        is_open: whether any request may be reconciled.
        waiting_namespaces: namespaces without reconciles, because their caches wait, while others are reconciled.
    """

    def __init__(self, controller: str, sources: Sources, enqueue: Enqueue) -> None:
        self._controller = controller
        self._sources = sources
        self._enqueue = enqueue
        self._namespaces = NamespaceGate(enqueue)
        self.is_open = False
        self.waiting_namespaces: frozenset[str] = frozenset()

    def add(self, request: Request, priority: int) -> None:
        """Enqueue a request, now or when its namespace opens."""
        self._namespaces.add(request, priority)

    def holds(self, request: Request) -> bool:
        """Report whether a request waits for its namespace."""
        return request in self._namespaces

    def update(self, spec: ControllerSpec) -> None:
        """Open the namespaces whose caches have synced, and close the others."""
        primary = spec.watches[0].informer_keys if spec.watches else ()
        state = openness(primary, self._sources.missing(spec))
        self.is_open = state.is_open
        self._namespaces.close(state.closed)
        self._sources.route(self._namespaces.add if state.closed else self._enqueue)
        before, without = self.waiting_namespaces, state.closed if state.is_open else frozenset()
        if without - before:
            _log.warning("Controller waits in some namespaces", controller=self._controller, namespaces=sorted(without))
        elif before - without and state.is_open:
            opened = sorted(before - without)
            _log.info("Controller no longer waits in some namespaces", controller=self._controller, namespaces=opened)
        self.waiting_namespaces = without
