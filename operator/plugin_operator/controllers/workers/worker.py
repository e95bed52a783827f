"""The worker: takes a key from the queue, reconciles it, and marks it done.

Owns a single call of a reconciler and all ways in which it can end. Leaves the number of workers to ``worker_pool``,
and the handling of outcomes to ``outcomes``.
"""

import asyncio
from typing import Any

from plugin_operator import logs
from plugin_operator.clock import Clock
from plugin_operator.containment import PluginGuard
from plugin_operator.controllers.metrics import ControllerMetrics
from plugin_operator.controllers.reconcile import Reconciler, Request, Result
from plugin_operator.controllers.workers.loop_budget import LoopBudget
from plugin_operator.controllers.workers.outcomes import Outcomes
from plugin_operator.workqueue import QueueShutDown, WorkQueue


class Idle(asyncio.Future[None]):
    """Future on which an idle worker waits.

    Attributes:
        canceller: log fields of the plugin code that cancelled the wait; empty if that is unknown.
    """

    def __init__(self) -> None:
        super().__init__()
        self.canceller: dict[str, str] = {}

    def cancel(self, msg: Any | None = None) -> bool:
        """Cancel the wait, and record the canceller: a cancelled task calls this in the context of that code."""
        self.canceller = logs.running_fields()
        return super().cancel(msg)


class Worker:
    """Runs reconciles of one revision, one at a time, in its own task.

    Attributes:
        guard: guard of the revision.
        task: the task that runs ``run``; the pool sets it.
        request: the current request, or None.
        started: monotonic second of its start.
        released: whether the worker exits after the current reconcile.
        cancelled: whether the operator has cancelled the current reconcile, which may still run.
        was_cancelled_inside: whether other code cancelled the task during a reconcile.
        idle: future of the current or last wait.
    """

    __slots__ = (
        "_clock",
        "_metrics",
        "_outcomes",
        "_queue",
        "_reconciler",
        "cancelled",
        "guard",
        "idle",
        "released",
        "request",
        "started",
        "task",
        "was_cancelled_inside",
    )

    def __init__(
        self,
        reconciler: Reconciler,
        guard: PluginGuard,
        *,
        queue: WorkQueue[Request],
        outcomes: Outcomes,
        metrics: ControllerMetrics,
        clock: Clock,
    ) -> None:
        self._reconciler = reconciler
        self.guard = guard
        self._queue = queue
        self._outcomes = outcomes
        self._metrics = metrics
        self._clock = clock
        self.task: asyncio.Task[Any]
        self.request: Request | None = None
        self.started = 0.0
        self.released = False
        self.cancelled = False
        self.was_cancelled_inside = False
        self.idle: Idle | None = None

    @property
    def revision(self) -> str:
        """The revision of the worker."""
        return self.guard.revision

    def release(self) -> None:
        """Exit, at once if idle, else after the current reconcile."""
        self.released = True
        if self.request is None:
            self.task.cancel()

    def cancel(self) -> None:
        """Cancel the current reconcile and exit. May be called again if it is ignored."""
        self.released = True
        self.cancelled = self.request is not None
        self.task.cancel()

    async def run(self) -> None:
        """Reconcile until released, or until the queue is shut down and empty."""
        queue = self._queue
        share = LoopBudget.current()
        yield_at = self._clock.monotonic() + share.slice_seconds()
        while not self.released:
            request = queue.try_get()
            if request is None:
                self.was_cancelled_inside = self.task.cancelling() > 0
                try:
                    request = await queue.get(self._new_idle)
                except QueueShutDown:
                    return
                yield_at = self._clock.monotonic() + share.slice_seconds()
            if await self._reconcile(request) >= yield_at and not self.released:
                self.was_cancelled_inside = self.task.cancelling() > 0
                await asyncio.sleep(0)
                yield_at = self._clock.monotonic() + share.slice_seconds()

    def _new_idle(self) -> Idle:
        self.idle = Idle()
        return self.idle

    async def _reconcile(self, request: Request) -> float:
        """Reconcile one key, contain any exception of its reconciler, and return the time of its end."""
        metrics = self._metrics
        monotonic = self._clock.monotonic
        metrics.active_workers += 1
        self.request = request
        started = self.started
        try:
            self.started = started = monotonic()
            result = await self._reconciler(request)
        except asyncio.CancelledError as error:
            self._ended_by_cancellation(request, error)
        except BaseException as error:  # SystemExit of a plugin must not end the operator
            if issubclass(type(error), GeneratorExit) and self._is_thrown_away():
                raise
            self._ended(request, error=error)
        else:
            if result is None and not self.cancelled:
                self._outcomes.succeeded(request)
            else:
                self._ended(request, result=result)
        finally:
            metrics.active_workers -= 1
            self.request = None
            self._queue.done(request)
            finished = monotonic()
            metrics.time.observe(finished - started)
        return finished

    def _is_thrown_away(self) -> bool:
        """Whether this coroutine is being closed because its loop was closed, so that it must not await."""
        try:
            return asyncio.current_task() is not self.task
        except RuntimeError:
            return True

    def _ended(self, request: Request, *, result: Result | None = None, error: BaseException | None = None) -> None:
        if self.cancelled:
            self._outcomes.interrupted(request)
        elif error is not None:
            self._outcomes.failed(self.guard, request, error)
        else:
            self._outcomes.returned(self.guard, request, result)

    def _ended_by_cancellation(self, request: Request, error: asyncio.CancelledError) -> None:
        if self.cancelled:
            self._outcomes.interrupted(request)
            raise error
        self._outcomes.failed(self.guard, request, error)
        if self.task.cancelling():
            # The task itself was cancelled: the loop shuts down, or a reconciler cancelled its own task. The pool
            # replaces this worker if needed.
            self.was_cancelled_inside = True
            raise error
