"""One worker: takes a key, reconciles it, says done, takes the next.

Owns what happens around a single call of a reconciler, however that ends. How many workers there are is the pool's
business, what follows from an outcome that of ``outcomes``.
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
    """What an idle worker waits for.

    Attributes:
        canceller: log fields of the plugin code that cancelled the wait; empty if no plugin did, or it is not known.
    """

    def __init__(self) -> None:
        super().__init__()
        self.canceller: dict[str, str] = {}

    def cancel(self, msg: Any | None = None) -> bool:
        """Cancel the wait; a task that is cancelled does so in the context of the code that cancels it."""
        self.canceller = logs.running_fields()
        return super().cancel(msg)


class Worker:
    """Runs reconciles of one revision, one at a time, inside its own task.

    Attributes:
        guard: of the revision it belongs to.
        task: set by whoever runs ``run`` in a task.
        request: what it reconciles now, or None.
        started: when that began, on the clock.
        released: it leaves after the current reconcile.
        cancelled: the current reconcile was cancelled by us and may not have obeyed yet.
        was_cancelled_inside: the task was cancelled in a reconcile, and not by us.
        idle: what it waits for, or waited for last.
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
        """The revision it belongs to."""
        return self.guard.revision

    def release(self) -> None:
        """Leave: at once if idle, else after the current reconcile."""
        self.released = True
        if self.request is None:
            self.task.cancel()

    def cancel(self) -> None:
        """Cancel the current reconcile, and leave. May be repeated on one that does not obey."""
        self.released = True
        self.cancelled = self.request is not None
        self.task.cancel()

    async def run(self) -> None:
        """Work until dismissed or until the queue is shut down and empty."""
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
        """Reconcile one key, whatever its reconciler does, and return the time at the end."""
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
        """Whether this coroutine is being closed from outside because its loop is gone: it may not await any more."""
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
            # Somebody cancelled this very task: a shutting down loop, or a reconciler that cancelled itself. The
            # pool replaces this worker if it should go on.
            self.was_cancelled_inside = True
            raise error
