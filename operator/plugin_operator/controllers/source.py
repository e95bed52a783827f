"""From one informer's events to keys in the queue.

Owns predicates and mapping at run time. A source stays registered with its informer over any number of revisions and
is bound to the watches of the current one, so that a reload neither misses an event nor costs a replay by the cache.
"""

import asyncio
from collections.abc import Callable
from typing import Any

from plugin_operator import logs
from plugin_operator.clock import Timer
from plugin_operator.controllers.handlers import EnqueueForObject
from plugin_operator.controllers.ports import CachedObject, Informer
from plugin_operator.controllers.predicates import passes
from plugin_operator.controllers.spec import Watch
from plugin_operator.controllers.types import Request
from plugin_operator.workqueue import LOW_PRIORITY

_log = logs.get_logger(__name__)

_REPLAY_CHUNK = 200

Enqueue = Callable[[Request, int], None]


class Source:
    """An ``EventHandler`` that knows the watches an informer feeds.

    An author's predicate that raises lets the event through, for a reconcile too many is better than one too few; a
    map function that raises loses what it would have returned. Both are logged and counted by ``on_error``.

    Args:
        informer: acquired; giving it back is the controller's job.
        enqueue: takes a request and its priority.
        on_error: told where the author's code raised.

    Attributes:
        is_retired: no watch of the current revision uses it, and only deletions still count: the new caches may have
            seen them before anybody listened there.
        linger: the timer that ends a retired source.
        registration: what the informer gave for it.
    """

    __slots__ = ("_enqueue", "_on_error", "_plain", "_watches", "informer", "is_retired", "linger", "registration")

    def __init__(self, informer: Informer, enqueue: Enqueue, on_error: Callable[[str], None]) -> None:
        self.informer = informer
        self.is_retired = False
        self.linger: Timer | None = None
        self.registration: Any = None
        self._enqueue = enqueue
        self._on_error = on_error
        self._watches: tuple[Watch, ...] = ()
        self._plain = False

    def bind(self, watches: tuple[Watch, ...]) -> None:
        """Serve these watches from now on."""
        self._watches = watches
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
            if self._passes(watch, "create", new):
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
            if self._passes(watch, "update", old, new):
                if old is not new and not isinstance(watch.map, EnqueueForObject):
                    self._map(watch, key, old, priority)
                self._map(watch, key, new, priority)

    def on_delete(self, key: Request, old: CachedObject) -> None:
        """Enqueue what follows from a deletion."""
        for watch in self._watches:
            if self._passes(watch, "delete", old):
                self._map(watch, key, old, 0)

    async def replay(self, *, as_update: bool) -> None:
        """Go through the cache as if everything had just been listed, or been updated to what it is.

        Yields to the event loop every now and then; live events meanwhile are served as ever.
        """
        lister = self.informer.lister
        for number, key in enumerate(list(lister.keys()), start=1):
            if number % _REPLAY_CHUNK == 0:
                await asyncio.sleep(0)
            obj = lister.raw(key)
            if obj is None:
                continue
            if as_update:
                self.on_update(key, obj, obj)
            else:
                self.on_add(key, obj, True)

    def _passes(self, watch: Watch, event: str, *objects: CachedObject) -> bool:
        try:
            return passes(watch.predicates, event, *objects)
        except Exception as error:  # noqa: BLE001 - an author's code must not stop the informer
            self._report("predicate", error)
            return True

    def _map(self, watch: Watch, key: Request, obj: CachedObject, priority: int) -> None:
        try:
            for request in watch.map.requests(key, obj):
                self._enqueue(request, priority)
        except Exception as error:  # noqa: BLE001 - as above
            self._report("map", error)

    def _report(self, where: str, error: Exception) -> None:
        _log.error("Event handler raised", where=where, exc_info=error)
        self._on_error(where)
