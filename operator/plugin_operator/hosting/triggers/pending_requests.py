"""Transfer of requests from plugin code on any thread to the queues on the event loop.

A burst of requests causes one callback on the event loop. The callback runs outside the context of the plugin code that
sent them, because the timers of the queues are shared.
"""

import asyncio
import contextvars
import threading
from collections.abc import Callable
from typing import NamedTuple

from plugin_operator.controllers import Request

#: Most requests in transfer; the event loop takes them at each turn, unless it is blocked.
MAX_PENDING = 100_000


class Parcel(NamedTuple):
    """A request for one controller, or for all with a source; None means the controller's only request."""

    controller: str
    source: str
    request: Request | None


class PendingRequests:
    """Accepts requests on any thread and delivers each once, on the event loop on which it was created.

    Args:
        deliver: called on the event loop with a request and the monotonic second when it is due, or 0 for now.
    """

    def __init__(self, deliver: Callable[[dict[Parcel, float]], None]) -> None:
        self._deliver = deliver
        self._loop = asyncio.get_running_loop()
        self._context = contextvars.copy_context()
        self._lock = threading.RLock()  # a __del__ of a plugin may send while this thread holds it
        self._parcels: dict[Parcel, float] = {}

    def __contains__(self, parcel: Parcel) -> bool:
        return parcel in self._parcels

    def put(self, parcel: Parcel, due: float = 0.0) -> bool:
        """Accept a request; if it has several due times, the earliest counts. Return False if it is rejected."""
        with self._lock:
            known = self._parcels.get(parcel)
            if known is None and len(self._parcels) >= MAX_PENDING:
                return False
            is_first = not self._parcels
            self._parcels[parcel] = due if known is None else min(due, known)
            if is_first:
                try:
                    self._loop.call_soon_threadsafe(self._flush, context=self._context)
                except RuntimeError:  # the loop is closed, because the process exits
                    self._parcels.clear()
                    return False
        return True

    def take(self) -> dict[Parcel, float]:
        """Remove and return the requests in transfer."""
        with self._lock:
            parcels, self._parcels = self._parcels, {}
        return parcels

    def _flush(self) -> None:
        if parcels := self.take():
            self._deliver(parcels)
