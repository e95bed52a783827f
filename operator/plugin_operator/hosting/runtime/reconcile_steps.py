"""Everything between a worker that has taken a key and the author's code, as one list.

Owns the order of these steps; each step lives in a module of its own. The worker decides what follows from the outcome:
retry, metrics, release of the key.
"""

import asyncio

from plugin_operator.clock import Clock
from plugin_operator.controllers import Reconciler, Request, Result, time_limited
from plugin_operator.fence import Fence
from plugin_operator.hosting.runtime.health import RevisionHealth
from plugin_operator.plugin import BoundController


def reconcile_steps(
    bound: BoundController, *, ready: asyncio.Event | None, fence: Fence, health: RevisionHealth, clock: Clock
) -> Reconciler:
    """Return the reconciler that the controller layer calls for each request.

    Args:
        bound: the author's code, with its context and its guard.
        ready: set once the revision has the state of the one before it; None if it takes none.
        fence: decides whether this process may act.
        health: counts how the author's code ends.
        clock: measures the time limit, and is that of the fence.
    """
    expectations, loops = bound.scope.writes, bound.scope.loops
    hot = loops.hot if loops is not None else None
    seconds = bound.declaration.reconcile_timeout_seconds
    # The limit surrounds the author's code only. A cache that lags, or a Lease in doubt, is not the author's fault.
    attempt = bound.reconcile if seconds is None else time_limited(bound.reconcile, seconds, clock)
    monotonic = clock.monotonic

    async def reconcile(request: Request) -> Result | None:
        # 1. Wait for the state of the old revision. First, because its drain can take as long as a reconcile.
        if ready is not None and not ready.is_set():
            await ready.wait()
        # 2. Wait until the caches show what this controller wrote. After 1, in which they may have caught up.
        if expectations:
            await expectations.caught_up(request)
        # 3. The fence. After the last wait: a process can be stopped, and lose its Lease, in each of them.
        #    From here to the author's first line nothing waits, so one look is enough.
        if monotonic() >= fence.until:
            await fence.passage()
        # 4. The loop detector. After the fence: a reconcile that does not run has written nothing.
        if hot and loops is not None:
            loops.begins(request)
        # 5. The author's code: time limit, context, guard, task tracking, value check (``BoundController.reconcile``).
        try:
            result = await attempt(request)
        except BaseException as error:
            # 6. Health. Outside of the limit, to count a timeout; inside of the waits, to count nothing else.
            health.raised(error)
            raise
        health.returned()
        # 7. The loop detector again: the author's first write may have made it hot.
        if hot and loops is not None:
            loops.ended(request, result)
        return result

    return reconcile
