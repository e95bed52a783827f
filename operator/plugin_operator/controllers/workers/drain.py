"""Waiting for the reconciles in flight of a replaced revision.

Owns ``Drain``, the result of ``Controller.install``.
"""

from plugin_operator.clock import Clock
from plugin_operator.controllers.reconcile import Request
from plugin_operator.controllers.workers.worker_pool import WorkerPool
from plugin_operator.tasks import wait_until_done


class Drain:
    """The reconciles of a replaced revision that were in flight at the swap.

    Args:
        pool: the retired workers; None if there was no revision before.
        clock: measures the deadline.
    """

    __slots__ = ("_clock", "_pool")

    def __init__(self, pool: WorkerPool | None, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock

    @property
    def in_flight(self) -> list[Request]:
        """Requests of the old revision in flight; after ``cancel``, those that ignore cancellation."""
        return self._pool.in_flight if self._pool is not None else []

    async def wait(self, deadline_seconds: float) -> bool:
        """Wait until the old revision has no request in flight; return False at the deadline."""
        if self._pool is None:
            return True
        tasks = [worker.task for worker in self._pool.workers if worker.request is not None]
        return not await wait_until_done(tasks, deadline_seconds, clock=self._clock)

    def cancel(self) -> None:
        """Cancel the reconciles in flight, and free their places for the new revision.

        The new revision reconciles cancelled keys again, after the old reconcile has ended.
        """
        if self._pool is not None:
            self._pool.cancel()
