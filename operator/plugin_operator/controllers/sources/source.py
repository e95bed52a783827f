"""From one informer's events to keys in the queue.

Owns predicates and mapping at run time. A source stays registered with its informer over any number of revisions and
is bound to the watches of the current one, so that a reload neither misses an event nor costs a replay by the cache.
"""

import asyncio
from collections.abc import Callable
from typing import Any

from plugin_operator.clock import Timer
from plugin_operator.containment import PluginGuard
from plugin_operator.controllers.cache_interface import CachedObject, Informer
from plugin_operator.controllers.handlers import EnqueueForObject, EnqueueMapped, Handler
from plugin_operator.controllers.object_view import ObjectView
from plugin_operator.controllers.predicates import passes
from plugin_operator.controllers.reconcile import Request
from plugin_operator.controllers.spec import Watch
from plugin_operator.workqueue import LOW_PRIORITY

_REPLAY_CHUNK = 200
_REPLAY_SECONDS = 0.004  # as long as the cache takes; a plugin's predicates and map functions may be slow

Enqueue = Callable[[Request, int], None]


class Source:
    """An ``EventHandler`` that knows the watches an informer feeds.

    An author's predicate that raises lets the event through, for a reconcile too many is better than one too few; a
    map function that raises loses what it would have returned from there on. The guard reports both.

    Args:
        informer: acquired; giving it back is the controller's job.
        enqueue: takes a request and its priority.

    Attributes:
        is_retired: no watch of the current revision uses it, and only deletions still count: the new caches may have
            seen them before anybody listened there.
        linger: the timer that ends a retired source.
        registration: what the informer gave for it.
        guard: of the revision it is bound to.
    """

    __slots__ = ("_enqueue", "_plain", "_watches", "guard", "informer", "is_retired", "linger", "registration")

    def __init__(self, informer: Informer, enqueue: Enqueue) -> None:
        self.informer = informer
        self.is_retired = False
        self.linger: Timer | None = None
        self.registration: Any = None
        self._enqueue = enqueue
        self._watches: tuple[Watch, ...] = ()
        self.guard: PluginGuard
        self._plain = False

    def bind(self, watches: tuple[Watch, ...], guard: PluginGuard) -> None:
        """Serve these watches from now on; their predicates and map functions run in ``guard``."""
        self._watches = watches
        self.guard = guard
        self._plain = len(watches) == 1 and isinstance(watches[0].map, EnqueueForObject) and not watches[0].predicates
        self.is_retired = False
        if self.linger is not None:
            self.linger.cancel()
            self.linger = None

    def reroute(self, enqueue: Enqueue) -> None:
        """Hand requests to ``enqueue`` from now on."""
        self._enqueue = enqueue

    def retire(self) -> None:
        """Serve nothing but deletions, by the watches it was last bound to."""
        self.is_retired = True

    def on_add(self, key: Request, new: CachedObject, is_initial: bool) -> None:
        """Enqueue what follows from a new object, at low priority if it was there before."""
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
        """Enqueue what follows from a changed object, at low priority if it is the same (a resync)."""
        if self.is_retired:
            return
        priority = LOW_PRIORITY if old.resource_version == new.resource_version else 0
        if self._plain:
            self._enqueue(key, priority)
            return
        for watch in self._watches:
            if self._passes(watch, "update", key, old, new):
                if old is not new and not isinstance(watch.map, EnqueueForObject):
                    self._map(watch, key, old, priority)
                self._map(watch, key, new, priority)

    def on_delete(self, key: Request, old: CachedObject) -> None:
        """Enqueue what follows from a deletion."""
        for watch in self._watches:
            if self._passes(watch, "delete", key, old):
                self._map(watch, key, old, 0)

    async def replay(self, *, as_update: bool) -> None:
        """Go through the cache as if everything had just been listed, or been updated to what it is.

        Yields to the event loop every now and then; live events meanwhile are served as ever.
        """
        lister = self.informer.lister
        now = asyncio.get_running_loop().time
        end = now() + _REPLAY_SECONDS
        for number, key in enumerate(list(lister.keys()), start=1):
            if number % _REPLAY_CHUNK == 0 or (not self._plain and now() >= end):
                await asyncio.sleep(0)
                end = now() + _REPLAY_SECONDS
            obj = lister.raw(key)
            if obj is None:
                continue
            if as_update:
                self.on_update(key, obj, obj)
            else:
                self.on_add(key, obj, True)

    async def enqueue_all(self) -> None:
        """Make every cached object due, at low priority and past the predicates: nothing has changed.

        Yields to the event loop every now and then.
        """
        for number, key in enumerate(list(self.informer.lister.keys()), start=1):
            if number % _REPLAY_CHUNK == 0:
                await asyncio.sleep(0)
            self._enqueue(key, LOW_PRIORITY)

    def _passes(self, watch: Watch, event: str, key: Request, *objects: CachedObject) -> bool:
        if not watch.predicates:
            return True
        new = ObjectView(objects[-1])
        views = [new if each is objects[-1] else ObjectView(each) for each in objects]
        return self.guard.contain("predicate", key, True, passes, watch.predicates, event, *views)

    def _map(self, watch: Watch, key: Request, obj: CachedObject, priority: int) -> None:
        requests: list[Request] = []
        if isinstance(watch.map, EnqueueMapped):
            self.guard.contain("map", key, None, _collect, requests, watch.map, key, obj)
        else:
            _collect(requests, watch.map, key, obj)
        for request in requests:
            self._enqueue(request, priority)


def _collect(requests: list[Request], handler: Handler, key: Request, obj: CachedObject) -> None:
    """Append as they come, so that one that cannot be made costs none of those before it."""
    requests.extend(handler.requests(key, obj))
