"""The source: enqueues requests for the events of one informer.

Owns running predicates and handlers. A source stays registered with its informer over all revisions, and is bound to
the watches of the current one. So a reload misses no event and needs no replay by the cache.
"""

import asyncio
from typing import Any

from plugin_operator.clock import Clock, Timer
from plugin_operator.containment import PluginGuard
from plugin_operator.controllers.cache_interface import CachedObject, Informer
from plugin_operator.controllers.handlers import EnqueueForObject, EnqueueMapped, EnqueueMappedLater, Handler
from plugin_operator.controllers.object_view import ObjectView
from plugin_operator.controllers.predicates import passes
from plugin_operator.controllers.reconcile import Request
from plugin_operator.controllers.sources.late_maps import Change, Enqueue, LateMaps, OnStuck
from plugin_operator.controllers.spec import Watch
from plugin_operator.tasks import TaskOwner
from plugin_operator.workqueue import LOW_PRIORITY

#: Objects of a replay between two turns of the event loop.
REPLAY_CHUNK = 200
_REPLAY_SECONDS = 0.004  # the time slice of the cache; predicates and map functions of plugins may be slow


class Source:
    """The ``EventHandler`` of one informer, for all watches that use it.

    If a predicate raises, the event passes, because an extra reconcile is better than a missing one. If a map function
    raises, its remaining requests are lost. The guard reports both.

    Args:
        informer: an acquired informer, which the controller releases.
        enqueue: receives a request and its priority.
        tasks: owns the jobs of async map functions.
        clock: measures their deadline.
        on_stuck: called with 1 when one ignores its cancellation, and with -1 when it ends.

    Attributes:
        is_retired: whether no watch of the current revision uses it. Then only deletions count, which the new caches
            may have processed before their handlers were added.
        linger: timer that ends a retired source.
        registration: registration with the informer.
        guard: guard of the bound revision.
    """

    __slots__ = ("_enqueue", "_late", "_plain", "_watches", "guard", "informer", "is_retired", "linger", "registration")

    def __init__(
        self, informer: Informer, enqueue: Enqueue, *, tasks: TaskOwner, clock: Clock, on_stuck: OnStuck
    ) -> None:
        self.informer = informer
        self.is_retired = False
        self.linger: Timer | None = None
        self.registration: Any = None
        self._enqueue = enqueue
        self._late = LateMaps(self._forward, tasks, clock, on_stuck)
        self._watches: tuple[Watch, ...] = ()
        self.guard: PluginGuard
        self._plain = False

    def bind(self, watches: tuple[Watch, ...], guard: PluginGuard) -> None:
        """Bind to these watches; their predicates and map functions run in ``guard``."""
        self._watches = watches
        self.guard = guard
        self._plain = len(watches) == 1 and isinstance(watches[0].map, EnqueueForObject) and not watches[0].predicates
        self.is_retired = False
        if self.linger is not None:
            self.linger.cancel()
            self.linger = None
        for change in self._late.take_over():
            for watch in watches:
                self._map(watch, change.key, change.new, change.priority, change.old)

    def reroute(self, enqueue: Enqueue) -> None:
        """Send requests to ``enqueue`` from now on."""
        self._enqueue = enqueue

    def _forward(self, request: Request, priority: int) -> None:
        self._enqueue(request, priority)

    def retire(self) -> None:
        """Handle only deletions from now on, with the watches bound last."""
        self.is_retired = True
        self._late.take_over()

    def close(self) -> None:
        """Cancel the async map functions."""
        self._late.take_over()

    def on_add(self, key: Request, new: CachedObject, is_initial: bool) -> None:
        """Enqueue the requests for a new object, at low priority if it is initial."""
        if self.is_retired:
            return
        priority = LOW_PRIORITY if is_initial else 0
        if self._plain:
            self._enqueue(key, priority)
            return
        for watch in self._watches:
            if self._passes(watch, "create", key, new):
                self._map(watch, key, new, priority)

    def on_update(self, key: Request, old: CachedObject, new: CachedObject) -> None:
        """Enqueue the requests for a changed object, at low priority if its version is the same (a resync)."""
        if self.is_retired:
            return
        priority = LOW_PRIORITY if old.resource_version == new.resource_version else 0
        if self._plain:
            self._enqueue(key, priority)
            return
        for watch in self._watches:
            if self._passes(watch, "update", key, old, new):
                self._map(watch, key, new, priority, None if old is new else old)

    def on_delete(self, key: Request, old: CachedObject) -> None:
        """Enqueue the requests for a deletion."""
        for watch in self._watches:
            if self._passes(watch, "delete", key, old):
                self._map(watch, key, old, 0)

    async def replay(self, *, as_update: bool) -> None:
        """Handle all cached objects as if they were just listed, or updated without a change.

        It yields to the event loop at intervals; live events are handled meanwhile.
        """
        lister = self.informer.lister
        now = asyncio.get_running_loop().time
        end = now() + _REPLAY_SECONDS
        for number, key in enumerate(list(lister.keys()), start=1):
            if number % REPLAY_CHUNK == 0 or (not self._plain and now() >= end):
                await asyncio.sleep(0)
                end = now() + _REPLAY_SECONDS
            obj = lister.cached(key)
            if obj is None:
                continue
            if as_update:
                self.on_update(key, obj, obj)
            else:
                self.on_add(key, obj, True)

    async def enqueue_all(self) -> None:
        """Enqueue every cached object at low priority, without predicates, because nothing has changed.

        It yields to the event loop at intervals.
        """
        for number, key in enumerate(list(self.informer.lister.keys()), start=1):
            if number % REPLAY_CHUNK == 0:
                await asyncio.sleep(0)
            self._enqueue(key, LOW_PRIORITY)

    def _passes(self, watch: Watch, event: str, key: Request, *objects: CachedObject) -> bool:
        if not watch.predicates:
            return True
        new = ObjectView(objects[-1])
        views = [new if each is objects[-1] else ObjectView(each) for each in objects]
        return self.guard.contain("predicate", key, True, passes, watch.predicates, event, *views)

    def _map(
        self, watch: Watch, key: Request, new: CachedObject, priority: int, old: CachedObject | None = None
    ) -> None:
        if isinstance(watch.map, EnqueueMappedLater):
            self._late.submit(Change(watch.map, self.guard, key, new, old, priority))
            return
        requests: list[Request] = []
        if isinstance(watch.map, EnqueueMapped):
            self.guard.contain("map", key, None, _collect, requests, watch.map, key, new, old)
        else:
            _collect(requests, watch.map, key, new, old)
        for request in requests:
            self._enqueue(request, priority)


def _collect(
    requests: list[Request], handler: Handler, key: Request, new: CachedObject, old: CachedObject | None
) -> None:
    """Append as they come, so that one that cannot be made costs none of those before it."""
    requests.extend(handler.requests(key, new, old))
