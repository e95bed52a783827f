"""The steps between a worker and the plugin's reconcile function, as one list.

Owns the order of these steps; each step has a module of its own. The worker handles the outcome: retry, metrics,
release of the key.
"""

import asyncio
from collections.abc import Sequence

from plugin_operator.clock import Clock
from plugin_operator.controllers import Reconciler, Request, Result, time_limited
from plugin_operator.fence import Fence
from plugin_operator.hosting.environment import ControllerLike
from plugin_operator.hosting.runtime.health import RevisionHealth
from plugin_operator.plugin import BoundController, Cleaning, ObjectCleanup

_GIVE_WAY_SECONDS = 0.2


def reconcile_steps(  # noqa: C901 - one branch for each step
    bound: BoundController,
    *,
    ready: asyncio.Event | None,
    fence: Fence,
    health: RevisionHealth,
    clock: Clock,
    cleanup: ObjectCleanup | None = None,
    predecessors: Sequence[ControllerLike] = (),
) -> Reconciler:
    """Return the reconciler that the controller layer calls for each request.

    Args:
        bound: the plugin's code, with its context and guard.
        ready: set once the revision has imported the state of its predecessor; None without such state.
        fence: decides whether this process may act.
        health: counts the outcomes of the plugin's code.
        clock: measures the timeout; the clock of the fence.
        cleanup: decides between reconcile and cleanup; None for a controller without ``cleanup=``.
        predecessors: controllers of another name that end, and reconcile the same objects.
    """
    expectations, loops = bound.scope.writes, bound.scope.loops
    hot = loops.hot if loops is not None else None
    seconds = bound.declaration.reconcile_timeout_seconds
    # The timeout covers the plugin's code only, not waits for a lagging cache or an unconfirmed Lease.
    attempt = bound.reconcile if seconds is None else time_limited(bound.reconcile, seconds, clock)
    monotonic = clock.monotonic

    async def reconcile(request: Request) -> Result | None:
        # 1. Wait for the state of the old revision. First, because its drain may take as long as a reconcile.
        if ready is not None and not ready.is_set():
            await ready.wait()
        # Give way to the controller that had the id before: no queue of this one knows its requests.
        if predecessors and request in _in_flight(predecessors):
            return Result(requeue_after=_GIVE_WAY_SECONDS)
        # 2. Wait until the caches show the controller's own writes. After 1, because they may catch up meanwhile.
        if expectations:
            await expectations.caught_up(request)
        act = attempt
        if cleanup is not None:
            # Writes the finalizer, and waits for it. Before the fence of 3, but never without leadership.
            await fence.passage()
            admitted = await cleanup.admit(request, attempt)
            if admitted is None:
                return None
            act = admitted
        # 3. The fence. After the last wait: the process may be suspended and lose its Lease in each of them.
        #    No wait follows before the plugin's first line, so one check is enough.
        if monotonic() >= fence.until:
            await fence.passage()
        # 4. The loop detector. After the fence, because a rejected reconcile writes nothing.
        if hot and loops is not None:
            loops.begins(request)
        # 5. The plugin's code: timeout, context, guard, task tracking, value check (``BoundController.reconcile``).
        try:
            result = await act(request)
        except BaseException as error:
            # 6. Health. Outside of the timeout, to count it; after the waits, to exclude their errors.
            health.raised(error)
            raise
        health.returned()
        # 7. The loop detector again: the plugin's first write may have made the request hot.
        if hot and loops is not None:
            loops.ended(request, result)
        # 8. The finalizer goes after a cleanup. Outside of the health of the plugin's code.
        return await act.finish(result) if isinstance(act, Cleaning) else result

    return reconcile


def _in_flight(controllers: Sequence[ControllerLike]) -> set[Request]:
    return {each.request for controller in controllers for each in controller.status().in_flight}
