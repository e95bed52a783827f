"""Requests on their way from plugin code, on whatever thread, to the queues on the event loop.

Owns the crossing. However many requests come in a burst, the event loop is called once, and outside of the context of
the plugin code that sent them: timers of the queues are shared.
"""

import asyncio
import contextvars
import threading
from collections.abc import Callable
from typing import NamedTuple

from plugin_operator.controllers import Request

#: So many requests may be on their way at once: the event loop takes them at each turn, unless it is blocked.
MAX_PENDING = 100_000


class Parcel(NamedTuple):
    """What is made due: a request of one controller, or of all that have a source; None is the controller's own."""

    controller: str
    source: str
    request: Request | None


class PendingRequests:
    """Takes requests on any thread and delivers each once, on the event loop it was made on.

    Args:
        deliver: called on the event loop with what came and the monotonic second at which it is due, or 0 for now.
    """

    def __init__(self, deliver: Callable[[dict[Parcel, float]], None]) -> None:
        self._deliver = deliver
        self._loop = asyncio.get_running_loop()
        self._context = contextvars.copy_context()
        self._lock = threading.Lock()
        self._parcels: dict[Parcel, float] = {}

    def __contains__(self, parcel: Parcel) -> bool:
        return parcel in self._parcels

    def put(self, parcel: Parcel, due: float = 0.0) -> bool:
        """Take one; of several moments the earliest counts. Return False if there is no room, or the loop is closed."""
        with self._lock:
            known = self._parcels.get(parcel)
            if known is None and len(self._parcels) >= MAX_PENDING:
                return False
            is_first = not self._parcels
            self._parcels[parcel] = due if known is None else min(due, known)
            if is_first:
                try:
                    self._loop.call_soon_threadsafe(self._flush, context=self._context)
                except RuntimeError:  # the process ends
                    self._parcels.clear()
                    return False
        return True

    def take(self) -> dict[Parcel, float]:
        """Return what is on its way, which is then no longer."""
        with self._lock:
            parcels, self._parcels = self._parcels, {}
        return parcels

    def _flush(self) -> None:
        if parcels := self.take():
            self._deliver(parcels)
