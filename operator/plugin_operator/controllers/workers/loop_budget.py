"""Time budget of workers on the event loop.

Owns ``LoopBudget``. A reconciler that never awaits does not yield to the event loop, so a full queue would block
sockets and other controllers. So workers run in time slices, and all busy workers share one budget.
"""

import asyncio
import weakref

#: Budget of all workers together per turn of the event loop.
BUDGET_SECONDS = 0.004

_shares: "weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, LoopBudget]" = weakref.WeakKeyDictionary()


class LoopBudget:
    """The budget of one event loop, divided among the workers that ran in its last turn."""

    __slots__ = ("__weakref__", "_before", "_loop", "_running")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        # A weak reference: the dictionary that holds this object is keyed by the loop.
        self._loop = weakref.ref(loop)
        self._running = 0
        self._before = 0

    @classmethod
    def current(cls) -> "LoopBudget":
        """Return the budget of the running loop."""
        loop = asyncio.get_running_loop()
        share = _shares.get(loop)
        if share is None:
            share = _shares[loop] = cls(loop)
        return share

    def slice_seconds(self) -> float:
        """Return the time slice of the caller, which the loop has just resumed, in seconds."""
        loop = self._loop()
        if self._running == 0 and loop is not None:
            # Runs at the start of the next turn, after all workers that are ready in this one have called.
            loop.call_soon(self._turn_over)
        self._running += 1
        return BUDGET_SECONDS / max(self._running, self._before)

    def _turn_over(self) -> None:
        self._before = self._running
        self._running = 0
