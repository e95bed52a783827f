"""One controller, over all revisions of the plugin that declares it.

Owns the swap of revisions over one queue. New informers sync first; then reconciler, watches and workers are replaced
in one step of the event loop. Reconciles in flight of the old revision keep their keys locked until they end. Leaves
the choice of a revision, and the deadline of a drain, to the plugin host.
"""

import asyncio
from collections.abc import Mapping
from functools import partial

from plugin_operator import logs
from plugin_operator.cache.handlers import HANDLER_ERRORS
from plugin_operator.clock import Clock, Timer
from plugin_operator.containment import PluginGuard
from plugin_operator.controllers.cache_interface import Informer, InformerFactory, InformerKey
from plugin_operator.controllers.metrics import STUCK_MAPS, STUCK_RECONCILES, controller_metrics
from plugin_operator.controllers.reconcile import ControllerStopped, FailureCallback, Reconciler, Request
from plugin_operator.controllers.sources.cache_gate import CacheGate
from plugin_operator.controllers.sources.source_set import Sources
from plugin_operator.controllers.sources.trigger import Trigger
from plugin_operator.controllers.spec import ControllerSpec
from plugin_operator.controllers.status import ControllerStatus, InFlight, InformerStatus
from plugin_operator.controllers.workers.drain import Drain
from plugin_operator.controllers.workers.outcomes import Outcomes
from plugin_operator.controllers.workers.worker import Worker
from plugin_operator.controllers.workers.worker_pool import WorkerPool
from plugin_operator.metrics import Metrics
from plugin_operator.tasks import AnyTask, Service, TaskOwner, TaskSupervisor, wait_until_done
from plugin_operator.workqueue import ExponentialBackoff, WorkQueue
from plugin_operator.workqueue.metrics import workqueue_metrics

_log = logs.get_logger(__name__)

#: How long ``install`` waits for new caches before it swaps without them.
WARM_DEADLINE_SECONDS = 30.0

MAX_STUCK = 64

_CANCEL_GRACE_SECONDS = 1.0
_RELEASE_SECONDS = 5.0


class Controller:
    """Runs the reconciler of the current revision for every request that its watches enqueue.

    Args:
        name: label of its logs and metrics.
        factory: creates shared informers.
        clock: measures time.
        metrics: metrics registry.
        on_failure: called by the worker for each failed reconcile; must be fast.
        warm_deadline_seconds: how long ``install`` waits for new caches.
        max_stuck: number of reconciles that ignore cancellation and are replaced by new workers; more of them reduce
            concurrency.
        supervisor: notified of workers and other tasks that end unexpectedly.

    Attributes:
        trigger: enqueues requests without an event.
    """

    def __init__(  # noqa: PLR0913 - independent settings
        self,
        name: str,
        *,
        factory: InformerFactory,
        clock: Clock,
        metrics: Metrics,
        on_failure: FailureCallback | None = None,
        warm_deadline_seconds: float = WARM_DEADLINE_SECONDS,
        max_stuck: int = MAX_STUCK,
        supervisor: TaskSupervisor | None = None,
    ) -> None:
        self.name = name
        self._clock = clock
        self._all_metrics = metrics
        self._metrics = controller_metrics(metrics, name)
        self._stuck_maps = metrics.family(STUCK_MAPS)
        self._warm_deadline = warm_deadline_seconds
        self._max_stuck = max_stuck
        self._queue = self._new_queue()
        self._outcomes = Outcomes(name, queue=self._queue, metrics=self._metrics, clock=clock, on_failure=on_failure)
        self._supervisor = supervisor if supervisor is not None else TaskSupervisor(clock)
        self._tasks = TaskOwner(f"controller/{name}", clock=clock, supervisor=self._supervisor)
        self._sources = self._new_sources(factory)
        self._gate = CacheGate(name, self._sources, self._queue.add)
        self.trigger = Trigger(self._queue, self._gate, self._sources, self._tasks)
        self._installing = asyncio.Lock()
        self._spec: ControllerSpec | None = None
        self._revision = ""
        self._plugin = ""
        self._pool: WorkerPool | None = None
        self._old_pools: list[WorkerPool] = []
        self._resync: Timer | None = None
        self._opening: Service | None = None
        self._is_started = False
        self._is_stopping = False

    @property
    def revision(self) -> str:
        """The current revision; empty before the first."""
        return self._revision

    @property
    def informers(self) -> Mapping[InformerKey, Informer]:
        """The acquired informers by key, including those that ``install`` waits for."""
        return self._sources.informers

    async def install(
        self, spec: ControllerSpec, reconciler: Reconciler, revision: str, guard: PluginGuard | None = None
    ) -> Drain:
        """Make ``revision`` the current one and return the drain of the previous one.

        Its predicates and map functions run in ``guard``, which also provides the fields of log lines.

        It first waits until new informers have synced, or wait for a kind or permission, or until the deadline; the old
        revision runs meanwhile. The swap itself is one step of the event loop. After it, failed keys are retried at
        once, and all cached objects pass the new predicates and handlers at low priority, as after a restart. Keys are
        reconciled after all caches have synced; with several namespaces, after those of the key's namespace have. On
        cancel before the swap it changes nothing.

        Raises:
            ControllerStopped: ``stop`` was called.
        """
        async with self._installing:
            self._raise_if_stopping()
            await self._sources.warm(spec, self._warm_deadline)
            self._raise_if_stopping()
            return self._flip(spec, reconciler, guard if guard is not None else self._own_guard(revision))

    def start_workers(self) -> None:
        """Start reconciling, because this process leads. Before that, events only fill the queue."""
        self._is_started = True
        self._balance()

    async def stop(self, deadline_seconds: float) -> list[Request]:
        """Drain reconciles until the deadline, cancel the rest, and release all informers.

        Returns the requests of reconciles that ignore cancellation. It removes all series of the controller. May be
        called again.
        """
        self._is_stopping = True
        if self._resync is not None:
            self._resync.cancel()
        self._sources.close()
        pools = self._pools
        for pool in pools:
            pool.retire()
        if await wait_until_done(_tasks_of(pools), deadline_seconds, clock=self._clock):
            for pool in pools:
                pool.cancel()
            await wait_until_done(_tasks_of(pools), _CANCEL_GRACE_SECONDS, clock=self._clock)
        self._queue.shut_down()
        await self._tasks.stop(_CANCEL_GRACE_SECONDS)
        await self._sources.wait_released(_RELEASE_SECONDS)
        stuck = [request for pool in pools for request in pool.in_flight]
        if stuck:
            keys = [str(key) for key in stuck]
            _log.warning("Reconciles ignore their cancellation", plugin=self._plugin, controller=self.name, keys=keys)
        self._all_metrics.drop_controller(self.name)
        return stuck

    def status(self) -> ControllerStatus:
        """Return the status of the controller."""
        metrics = self._metrics
        return ControllerStatus(
            name=self.name,
            revision=self._revision,
            is_started=self._is_started,
            has_synced=self._spec is not None and self._sources.have_synced,
            queue_depth=len(self._queue),
            delayed=self._queue.delayed,
            waiting_namespaces=tuple(sorted(self._gate.waiting_namespaces)),
            in_flight=InFlight.of(self._pools, self._clock.monotonic()),
            max_concurrent_reconciles=self._spec.max_concurrent_reconciles if self._spec is not None else 0,
            workers=len(self._pool.workers) if self._pool is not None else 0,
            failing=dict(self._outcomes.failing),
            informers=tuple(InformerStatus.of(key, source.informer) for key, source in self._sources.active.items()),
            reconciles={
                result: getattr(metrics, result) for result in ("success", "error", "requeue", "requeue_after")
            },
        )

    def _new_queue(self) -> WorkQueue[Request]:
        metrics = workqueue_metrics(self._all_metrics, self.name, self.name)
        return WorkQueue(self.name, clock=self._clock, rate_limiter=ExponentialBackoff(), metrics=metrics)

    def _new_sources(self, factory: InformerFactory) -> Sources:
        return Sources(factory, self._queue.add, clock=self._clock, tasks=self._tasks, on_stuck=self._map_stuck)

    @property
    def _pools(self) -> list[WorkerPool]:
        return [*self._old_pools, *([self._pool] if self._pool is not None else [])]

    def _raise_if_stopping(self) -> None:
        if self._is_stopping:
            self._sources.cool()
            raise ControllerStopped(f"controller {self.name} is stopping")

    def _own_guard(self, revision: str) -> PluginGuard:
        """Return the guard for a reconciler that is not a plugin's."""

        def count(what: str, _error: BaseException) -> None:
            self._all_metrics.family(HANDLER_ERRORS).inc(self.name, what)

        return PluginGuard("", revision, self.name, clock=self._clock, on_error=count)

    def _flip(self, spec: ControllerSpec, reconciler: Reconciler, guard: PluginGuard) -> Drain:
        """Swap to the revision, without an await."""
        old = self._pool
        rate_limiter = spec.rate_limiter.build()
        self._spec = spec
        self._revision = guard.revision
        self._plugin = guard.plugin
        self._queue.rate_limiter = rate_limiter
        self._gate.update(spec)
        kept = self._sources.bind(spec, guard)
        self._gate.update(spec)  # again, because an informer that was released meanwhile has been acquired again
        self._queue.reset_backoff()
        if old is not None:
            old.retire()
            if old.workers:
                self._old_pools.append(old)
        self._pool = self._new_pool(reconciler, guard)
        if self._opening is not None:
            self._opening.cancel()
        self._opening = None
        if not self._sources.have_synced:
            opening = partial(self._open_when_synced, spec)
            self._opening = self._tasks.complete(opening, "wait-synced", kind="wait-synced")
        self._balance()
        self._schedule_resync(spec)
        for source in kept:
            self._tasks.complete(partial(source.replay, as_update=False), "replay", kind="replay")
        return Drain(old, self._clock)

    def _new_pool(self, reconciler: Reconciler, guard: PluginGuard) -> WorkerPool:
        def spawn() -> Worker:
            return Worker(
                reconciler,
                guard,
                queue=self._queue,
                outcomes=self._outcomes,
                metrics=self._metrics,
                clock=self._clock,
            )

        return WorkerPool(
            f"controller/{self.name}/{guard.revision}",
            spawn,
            clock=self._clock,
            on_change=self._pool_changed,
            supervisor=self._supervisor,
        )

    async def _open_when_synced(self, spec: ControllerSpec) -> None:
        while not self._sources.have_synced:
            await self._sources.wait_synced()
            self._gate.update(spec)
            self._balance()

    def _pool_changed(self, pool: WorkerPool) -> None:
        """Let the current pool use the places that an old pool has freed."""
        if pool is not self._pool:
            if not pool.workers and pool in self._old_pools:
                self._old_pools.remove(pool)
            self._balance()

    def _map_stuck(self, change: int) -> None:
        if not self._is_stopping:  # the series have ended
            self._stuck_maps.set(self._stuck_maps.get(self.name) + change, self.name)

    def _balance(self) -> None:
        if self._pool is None or self._spec is None or self._is_stopping:
            return
        stuck = sum(pool.stuck for pool in self._old_pools)
        self._all_metrics.family(STUCK_RECONCILES).set(stuck, self.name)
        self._metrics.max_concurrent = self._spec.max_concurrent_reconciles if self._is_started else 0
        size = 0
        if self._is_started and self._gate.is_open:
            taken = sum(pool.running for pool in self._old_pools) + max(0, stuck - self._max_stuck)
            size = max(0, self._spec.max_concurrent_reconciles - taken)
        self._pool.resize(size)

    def _schedule_resync(self, spec: ControllerSpec) -> None:
        if self._resync is not None:
            self._resync.cancel()
            self._resync = None
        if spec.resync_seconds is not None and not self._is_stopping:
            self._resync = self._clock.call_later(spec.resync_seconds, lambda: self._resync_now(spec))

    def _resync_now(self, spec: ControllerSpec) -> None:
        self._schedule_resync(spec)
        for source in self._sources.active.values():
            self._tasks.complete(partial(source.replay, as_update=True), "resync", kind="replay")


def _tasks_of(pools: list[WorkerPool]) -> list[AnyTask]:
    return [worker.task for pool in pools for worker in pool.workers]
