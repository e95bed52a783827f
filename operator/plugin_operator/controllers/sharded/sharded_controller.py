"""One controller in a process that shares the objects with others.

Owns which part it reconciles: of a sharded controller, the shards that the process owns and that all its caches hold;
of a single one, everything, but only in the process that leads. Both follow ``OwnedShards``.
"""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from plugin_operator.cache import OwnedShards
from plugin_operator.cache.shards.work_meter import WorkMeter
from plugin_operator.containment import PluginGuard
from plugin_operator.controllers.cache_interface import HoldsShards, InformerFactory, Lister
from plugin_operator.controllers.controller import Controller
from plugin_operator.controllers.reconcile import Reconciler, Request
from plugin_operator.controllers.sharded.shard_keys import ShardKeys
from plugin_operator.controllers.sharded.sharded_queue import ShardedQueue
from plugin_operator.controllers.sharded.sharded_source import ShardedSource
from plugin_operator.controllers.sources.source_set import Sources
from plugin_operator.controllers.spec import ControllerSpec
from plugin_operator.controllers.workers.drain import Drain
from plugin_operator.kube.shards import ShardRanges
from plugin_operator.workqueue.metrics import workqueue_metrics


class ShardedController(Controller):
    """A controller that follows the shards of its process.

    Args:
        name: label of its logs and metrics.
        shards: what this process owns.
        settings: see ``Controller``.
    """

    def __init__(self, name: str, *, shards: OwnedShards, **settings: Any) -> None:
        self._shards = shards
        self._keys = ShardKeys(self._primary_listers)
        self._may_work = False
        self._listers: tuple[Lister, ...] | None = None
        self._meter = WorkMeter()
        super().__init__(name, **settings)
        shards.meters.append(self._meter)
        self._unfollow: Callable[[], None] = shards.follow(self)

    def start_workers(self) -> None:
        """Start reconciling; a single controller starts once this process leads."""
        self._may_work = True
        self._start_or_pause()

    def shards_changed(self) -> None:
        """Take the requests of shards that have opened, and drop those of shards that have closed."""
        self._start_or_pause()
        if self._keys.by is None:
            return
        before, now = self._keys.open, self._open_now()
        self._keys.open = now
        if before - now:
            self._close()
        # Later too, because what was in flight may have failed since.
        self._outcomes.forget(lambda request: not self._keys.takes(request))
        if gained := now - before:
            for source in self._sources.primary:
                if isinstance(source, ShardedSource):
                    self._tasks.complete(partial(source.replay_part, gained), "replay", kind="replay")

    def is_busy(self, ranges: ShardRanges) -> bool:
        """Report whether a request of ``ranges`` is in flight; one whose object is unknown counts."""
        if self._keys.by is None:
            return False
        shards = [self._keys.shard_of(request) for request in self._queue.processing]
        return any(shard is None or shard in ranges for shard in shards)

    async def stop(self, deadline_seconds: float) -> list[Request]:
        """Drain reconciles until the deadline; see ``Controller.stop``."""
        try:
            return await super().stop(deadline_seconds)
        finally:
            if self._meter in self._shards.meters:
                self._shards.meters.remove(self._meter)
            if not self._queue.processing:
                self._unfollow()  # a shard is not given away while a reconcile runs that ignores its cancellation

    def _flip(self, spec: ControllerSpec, reconciler: Reconciler, guard: PluginGuard) -> Drain:
        if spec.shard_by is not self._keys.by:
            self._keys.by, self._keys.open = spec.shard_by, ShardRanges()
        self._listers = None
        self._meter.slots = spec.max_concurrent_reconciles
        drain = super()._flip(spec, reconciler, guard)
        self._listers = tuple(self._primary_listers())
        self.shards_changed()
        return drain

    def _start_or_pause(self) -> None:
        starts = self._may_work and (self._keys.by is not None or self._shards.leads)
        if starts is not self._is_started:
            self._is_started = starts
            self._count()
            self._balance()

    def _open_now(self) -> ShardRanges:
        """Return the shards to work on that every cache of the current revision holds."""
        found = self._shards.working
        for source in self._sources.active.values():
            if isinstance(source.informer, HoldsShards):
                found &= source.informer.held
        return found

    def _close(self) -> None:
        self._keys.closed()
        queue = self._queue
        if isinstance(queue, ShardedQueue):
            queue.drop_closed()

    def _primary_listers(self) -> Iterable[Lister]:
        return [source.informer.lister for source in self._sources.primary] if self._listers is None else self._listers

    def _new_queue(self) -> ShardedQueue:
        return ShardedQueue(self.name, self._keys, self._meter, clock=self._clock)

    def _count(self) -> None:
        """Report the queue while started: a single controller fills one in each process, and metrics are summed."""
        queue = self._queue
        if isinstance(queue, ShardedQueue):
            queue.count_in(workqueue_metrics(self._all_metrics, self.name, self.name) if self._is_started else None)

    def _new_sources(self, factory: InformerFactory) -> Sources:
        return Sources(
            factory,
            self._queue.add,
            clock=self._clock,
            tasks=self._tasks,
            on_stuck=self._map_stuck,
            new_source=partial(ShardedSource, self._keys),
        )
