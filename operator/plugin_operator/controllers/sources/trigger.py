"""Enqueuing requests of one controller without an event."""

from plugin_operator.controllers.reconcile import Request
from plugin_operator.controllers.sources.cache_gate import CacheGate
from plugin_operator.controllers.sources.source_set import Sources
from plugin_operator.tasks import TaskOwner
from plugin_operator.workqueue import WorkQueue


class Trigger:
    """Enqueues requests; not thread-safe.

    Args:
        queue: queue of the controller.
        gate: holds requests of waiting namespaces.
        sources: sources with the cached objects.
        tasks: owner of background tasks.
    """

    __slots__ = ("_gate", "_queue", "_sources", "_tasks")

    def __init__(self, queue: WorkQueue[Request], gate: CacheGate, sources: Sources, tasks: TaskOwner) -> None:
        self._queue = queue
        self._gate = gate
        self._sources = sources
        self._tasks = tasks

    def enqueue(self, request: Request, after_seconds: float = 0.0) -> None:
        """Enqueue a request, now or after a delay; if it has several delays, the earliest counts."""
        if after_seconds > 0:
            self._queue.add_after(request, after_seconds)
        else:
            self._gate.add(request, 0)

    def enqueue_all(self) -> None:
        """Enqueue every cached object of the reconciled kind at low priority, in the background."""
        for source in self._sources.primary:
            self._tasks.complete(source.enqueue_all, "enqueue-all", kind="enqueue-all")

    def waits(self, request: Request) -> bool:
        """Report whether a request waits to be reconciled. Thread-safe."""
        return request in self._queue or self._gate.holds(request)
