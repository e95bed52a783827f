"""The workers of one revision.

Owns their number and their end. Each revision has a pool of its own, so that no worker, and no context variable that a
plugin has set, outlives its revision.
"""

import contextvars
import math
from collections.abc import Callable

from plugin_operator import logs
from plugin_operator.clock import Clock, Timer
from plugin_operator.connection_backoff import Backoff
from plugin_operator.controllers.reconcile import Request
from plugin_operator.controllers.workers.worker import Worker
from plugin_operator.tasks import TaskSupervisor, start_task

_log = logs.get_logger(__name__)

# A lost worker, for example one that its reconciler cancelled, is replaced at once; further ones with backoff.
_KIND = "worker"

_REPLACE_AFTER_SECONDS = 0.1
_REPLACE_CAP_SECONDS = 10.0
_FORGIVEN_AFTER_SECONDS = 60.0


class WorkerPool:
    """Workers that run the same reconciler.

    Args:
        name: prefix of the task names.
        spawn: returns a new worker.
        clock: measures the backoff before a lost worker is replaced.
        on_change: called when a worker has exited or was cancelled.
        supervisor: notified of workers that end unexpectedly.
    """

    __slots__ = (
        "_backoff",
        "_clock",
        "_number",
        "_on_change",
        "_replaced",
        "_replacing",
        "_size",
        "_spawn",
        "_supervisor",
        "name",
        "workers"
    )  # fmt: skip

    def __init__(
        self,
        name: str,
        spawn: Callable[[], Worker],
        *,
        clock: Clock,
        on_change: Callable[["WorkerPool"], None],
        supervisor: TaskSupervisor | None = None,
    ) -> None:
        self.name = name
        # In creation order, so that the order of cancellation is deterministic.
        self.workers: dict[Worker, None] = {}
        self._spawn: Callable[[], Worker] | None = spawn
        self._clock = clock
        self._on_change = on_change
        self._supervisor = supervisor if supervisor is not None else TaskSupervisor(clock)
        self._supervisor.expects(_KIND)
        self._backoff = Backoff(
            clock,
            base_seconds=_REPLACE_AFTER_SECONDS,
            cap_seconds=_REPLACE_CAP_SECONDS,
            reset_after_seconds=_FORGIVEN_AFTER_SECONDS,
        )
        self._size = 0
        self._number = 0
        self._replacing: Timer | None = None
        self._replaced = -math.inf

    @property
    def in_flight(self) -> list[Request]:
        """The requests in flight."""
        return [worker.request for worker in self.workers if worker.request is not None]

    @property
    def running(self) -> int:
        """Number of running reconciles that were not cancelled."""
        return sum(worker.request is not None and not worker.cancelled for worker in self.workers)

    @property
    def stuck(self) -> int:
        """Number of cancelled reconciles that have not ended."""
        return sum(worker.request is not None and worker.cancelled for worker in self.workers)

    def resize(self, size: int) -> None:
        """Spawn or release workers until there are ``size``, idle ones first. Does nothing once retired."""
        if self._spawn is None:
            return
        self._size = size
        staying = [worker for worker in self.workers if not worker.released]
        for worker in sorted(staying, key=lambda worker: worker.request is not None)[: max(0, len(staying) - size)]:
            worker.release()
        leaving = [worker for worker in self.workers if worker.released and worker.request and not worker.cancelled]
        for worker in leaving[: max(0, size - len(staying))]:
            worker.released = False
            staying.append(worker)
        for _ in range(size - len(staying)):
            self._start(self._spawn())

    def retire(self) -> None:
        """Take no further key: idle workers exit now, busy ones after the current reconcile."""
        # A drain references this pool, and must not keep the revision's code alive.
        self._spawn = None
        self._supervisor.forget(self)
        if self._replacing is not None:
            self._replacing.cancel()
        for worker in self.workers:
            worker.release()

    def cancel(self) -> None:
        """Cancel every reconcile of a retired pool; may be called again for those that ignored it."""
        for worker in self.workers:
            worker.cancel()
        self._on_change(self)

    def _start(self, worker: Worker) -> None:
        self._number += 1
        # A context of its own, because log fields that the caller has bound do not belong to reconciles.
        worker.task = start_task(worker.run(), f"{self.name}/worker-{self._number}", context=contextvars.Context())
        self.workers[worker] = None
        worker.task.add_done_callback(lambda _: self._left(worker))

    def _left(self, worker: Worker) -> None:
        self.workers.pop(worker, None)
        if not worker.released and self._spawn is not None:
            self._lost(worker)
            if self._replacing is None:
                self._replace_soon()
        elif not worker.task.cancelled() and (error := worker.task.exception()) is not None:
            _log.error("Worker failed", worker=worker.task.get_name(), exc_info=error)
        self._on_change(self)

    def _lost(self, worker: Worker) -> None:
        task = worker.task
        if worker.was_cancelled_inside:
            # Caused by the plugin, so it must not make the process unready.
            _log.warning("Reconcile cancelled its own worker, replacing it", **worker.guard.fields())
            return
        if worker.idle is not None and (canceller := worker.idle.canceller):
            _log.warning("Idle worker cancelled by plugin code, replacing it", task=task.get_name(), **canceller)
            return
        error = None if task.cancelled() else task.exception()
        fields = worker.guard.fields()
        self._supervisor.lost(self, _KIND, task.get_name(), error, cancelled=task.cancelled(), about=fields)

    def _replace_soon(self) -> None:
        """Replace a lost worker at once if none was lost recently, because it may be the only one; else back off."""
        if self._clock.monotonic() - self._replaced >= _FORGIVEN_AFTER_SECONDS:
            self._replace()
        else:
            self._replacing = self._clock.call_later(self._backoff.next_seconds(), self._replace)

    def _replace(self) -> None:
        self._replacing = None
        self._replaced = self._clock.monotonic()
        self.resize(self._size)
        self._supervisor.restarted(self, self.name, lambda: self._spawn is None or len(self.workers) >= self._size)
