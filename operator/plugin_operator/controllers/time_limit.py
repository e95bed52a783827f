"""A time limit for one call of a reconciler."""

import asyncio

from plugin_operator.clock import Clock
from plugin_operator.controllers.reconcile import Reconciler, ReconcileTimeoutError, Request, Result


def time_limited(reconcile: Reconciler, seconds: float, clock: Clock) -> Reconciler:
    """Return ``reconcile`` with a timeout, after which it is cancelled.

    The result must be awaited in a task, such as that of a worker. A cancellation from outside propagates, even if it
    arrives together with the timeout.

    Args:
        reconcile: the reconciler, which runs in the same task.
        seconds: the timeout.
        clock: measures the timeout.

    Raises:
        ReconcileTimeoutError: raised by the returned reconciler, if the timeout cancelled the reconcile and it ended.
    """

    async def limited(request: Request) -> Result | None:
        # asyncio.timeout uses the loop's clock; this uses the injected clock, and is cheaper.
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a reconcile with a timeout needs a task")
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
