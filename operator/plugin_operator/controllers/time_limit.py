"""A time limit for one call of a reconciler."""

import asyncio

from plugin_operator.clock import Clock
from plugin_operator.controllers.reconcile import Reconciler, ReconcileTimeoutError, Request, Result


def time_limited(reconcile: Reconciler, seconds: float, clock: Clock) -> Reconciler:
    """Return ``reconcile`` with a time limit; past it, the reconcile is cancelled.

    It must be awaited in a task that ends with the call or goes on after it, as a worker's does. A cancellation from
    outside passes through, also when it arrives together with the end of the time.

    Args:
        reconcile: is called in the same task.
        seconds: the limit.
        clock: measures it.

    Raises:
        ReconcileTimeoutError: by the reconciler returned, if the limit cancelled the reconcile and it obeyed.
    """

    async def limited(request: Request) -> Result | None:
        # asyncio.timeout would read the loop's clock; this one obeys ours, and costs less.
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a reconcile with a time limit needs a task")
        expired = False

        def expire() -> None:
            nonlocal expired
            expired = True
            task.cancel()

        timer = clock.call_later(seconds, expire)
        try:
            return await reconcile(request)
        except asyncio.CancelledError as error:
            if not expired or task.cancelling() > 1:
                raise
            raise ReconcileTimeoutError(f"reconcile took longer than {seconds} s") from error
        finally:
            timer.cancel()
            if expired:
                task.uncancel()

    return limited
