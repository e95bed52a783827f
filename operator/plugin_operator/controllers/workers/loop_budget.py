"""Taking turns on the event loop.

Owns ``LoopBudget``. A reconciler that never waits runs without giving the loop back, so a full queue of them would keep
sockets and other controllers waiting. Workers therefore run in slices, and all that are busy share one budget.
"""

import asyncio
import weakref

#: What all workers together may take of one turn of the loop.
BUDGET_SECONDS = 0.004

_shares: "weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, LoopBudget]" = weakref.WeakKeyDictionary()


class LoopBudget:
    """Divides the budget among the workers that ran in the last turn of one event loop."""

    __slots__ = ("__weakref__", "_before", "_loop", "_running")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        # Weak, for the share is kept in a dictionary keyed by the loop and must not keep that key alive.
        self._loop = weakref.ref(loop)
        self._running = 0
        self._before = 0

    @classmethod
    def current(cls) -> "LoopBudget":
        """Return the share of the running loop."""
        loop = asyncio.get_running_loop()
        share = _shares.get(loop)
        if share is None:
            share = _shares[loop] = cls(loop)
        return share

    def slice_seconds(self) -> float:
        """Return how long the caller, which the loop has just resumed, may run before it yields."""
        loop = self._loop()
        if self._running == 0 and loop is not None:
            # Runs at the start of the next turn: by then all that are ready in this one have asked.
            loop.call_soon(self._turn_over)
        self._running += 1
        return BUDGET_SECONDS / max(self._running, self._before)

    def _turn_over(self) -> None:
        self._before = self._running
        self._running = 0
