"""The virtual time of a scenario, in which polls of the operator take real time."""

import asyncio
import heapq

from plugin_operator.testing.virtual_clock import VirtualClock

# The operator polls its caches at intervals up to this. Backoff, schedules and deadlines are timers, or longer.
_POLL_SECONDS = 0.2


class VirtualTime(VirtualClock):
    """A ``VirtualClock`` whose shortest sleeps are real, because the operator polls what real sockets deliver."""

    __slots__ = ()

    async def sleep(self, seconds: float) -> None:
        """Wait until time has advanced; see ``VirtualClock``. A poll interval may also pass for real."""
        if not 0 < seconds <= _POLL_SECONDS:
            await super().sleep(seconds)
            return
        loop = asyncio.get_running_loop()
        woken = loop.create_future()

        def wake() -> None:
            if not woken.done():
                woken.set_result(None)

        virtual, real = self.call_later(seconds, wake), loop.call_later(seconds, wake)
        try:
            await woken
        finally:
            virtual.cancel()
            real.cancel()

    def next_due(self) -> float | None:
        """Return the monotonic second of the next timer; None without timers."""
        while self._timers and self._timers[0][2].callback is None:
            heapq.heappop(self._timers)
        return self._timers[0][0] if self._timers else None
