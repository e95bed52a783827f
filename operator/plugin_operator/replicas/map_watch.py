"""The shard map as the store has it, read again whenever it may have changed.

Owns the watch and the reads. An event is only a hint, because the cache keeps no managers, which show an edit by hand.
Without the permission to watch, the map is read at intervals.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

from plugin_operator import logs
from plugin_operator.cache import CachedObject, Informer, InformerKey
from plugin_operator.clock import Clock
from plugin_operator.kube import NamespacedName
from plugin_operator.rendering import describe
from plugin_operator.replicas.lease_names import LEASE
from plugin_operator.replicas.map_lease import MapLease
from plugin_operator.replicas.store_answers import FAILURES, RequestLog
from plugin_operator.sharding import StoredMap
from plugin_operator.tasks import TaskOwner, TaskSupervisor

_MOST_REASON = 300

_log = logs.get_logger(__name__)


class Factory(Protocol):
    """The methods of ``cache.InformerFactory`` that replicas use."""

    def acquire(self, key: InformerKey) -> Any:
        """Return the started informer."""

    async def release(self, informer: Any) -> None:
        """Release the informer."""


class MapWatch:
    """Runnable that reports each state of the map to its followers.

    Args:
        map_lease: reads the map.
        factory: watches its Lease.
        clock: measures the intervals of reads.
        supervisor: notified if the service ends unexpectedly.

    Attributes:
        known: the map as read last; None before the first read, and if there is none.
        has_read: whether it was ever read.
        failure: why the last read had no answer; empty if it had one.
    """

    name = "watch on the shard map"

    def __init__(
        self,
        map_lease: MapLease,
        factory: Factory,
        *,
        clock: Clock,
        supervisor: TaskSupervisor | None = None,
    ) -> None:
        self._map_lease = map_lease
        self._factory = factory
        self._timing = map_lease.timing
        self._clock = clock
        self._tasks = TaskOwner(self.name, clock=clock, supervisor=supervisor)
        self._followers: list[Callable[[StoredMap | None], None]] = []
        self._hint = asyncio.Event()
        self._informer: Informer | None = None
        self._requests = RequestLog(_log)
        self.known: StoredMap | None = None
        self.has_read = False
        self.failure = ""

    async def start(self) -> None:
        """Start without waiting for the server."""
        names = self._map_lease.names
        self._informer = self._factory.acquire(
            InformerKey(LEASE, names.namespace, field_selector=f"metadata.name={names.map}")
        )
        self._informer.add_handler(self)
        self._tasks.serve(self._run, "", kind="shard-map-reads")

    async def stop(self, deadline_seconds: float) -> None:
        """Stop reading, and close the watch within the factory's own deadline."""
        await self._tasks.stop(deadline_seconds)
        if self._informer is not None:
            informer, self._informer = self._informer, None
            await self._factory.release(informer)

    def follow(self, follower: Callable[[StoredMap | None], None]) -> Callable[[], None]:
        """Report each state to ``follower``, soon also the current one; return what ends that."""
        self._followers.append(follower)
        self.hint()

        def end() -> None:
            if follower in self._followers:
                self._followers.remove(follower)

        return end

    def hint(self) -> None:
        """Read the map now, because it may have changed."""
        self._hint.set()

    def on_add(self, key: NamespacedName, new: CachedObject, is_initial: bool) -> None:
        """Read the new map."""
        del key, new, is_initial
        self.hint()

    def on_update(self, key: NamespacedName, old: CachedObject, new: CachedObject) -> None:
        """Read the changed map."""
        del key, old, new
        self.hint()

    def on_delete(self, key: NamespacedName, old: CachedObject) -> None:
        """Find out whether there is a map."""
        del key, old
        self.hint()

    async def _run(self) -> None:
        while True:
            self._hint.clear()
            try:
                self.known = await self._map_lease.read()
            except FAILURES as error:
                self.failure = describe(error, _MOST_REASON)
                self._requests.failed("Shard map not read", error)
                await self._clock.sleep(self._timing.retry_seconds)
                continue
            self.has_read, self.failure = True, ""
            for each in tuple(self._followers):
                each(self.known)
            timer = self._clock.call_later(self._timing.lease_seconds, self.hint)
            try:
                await self._hint.wait()
            finally:
                timer.cancel()
