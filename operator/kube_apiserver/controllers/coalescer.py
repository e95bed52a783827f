"""Deferred work after a write. The coalescer merges bursts and yields to the event loop between time slices."""

import asyncio
import logging
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from kube_apiserver.storage import JournalFailed

_log = logging.getLogger(__name__)
_SLICE = 100
_RETRY_SECONDS = 1.0

K = TypeVar("K", bound=Hashable)


class Coalescer(Generic[K]):
    """Calls a function once per added key, in order, on the running event loop.

    A key that fails is logged and dropped; the next write to its object adds it again. A key whose write
    fails on a full disk is retried a second later.
    """

    __slots__ = ("_handle", "_keys", "_scheduled", "_stopped")

    def __init__(self, handle: Callable[[K], None]) -> None:
        self._handle = handle
        self._keys: dict[K, None] = {}
        self._scheduled: asyncio.Handle | None = None
        self._stopped = False

    def add(self, key: K) -> None:
        """Add ``key`` to the queue unless the queue holds it already."""
        self._keys[key] = None
        self._schedule()

    def stop(self) -> None:
        """Drop all queued keys and call the function no more."""
        self._stopped = True
        if self._scheduled is not None:
            self._scheduled.cancel()

    def _run(self) -> None:
        self._scheduled = None
        for key in list(self._keys)[:_SLICE]:
            del self._keys[key]
            try:
                self._handle(key)
            except JournalFailed:
                self._keys[key] = None
                if not self._stopped:
                    self._scheduled = asyncio.get_running_loop().call_later(_RETRY_SECONDS, self._run)
                return
            except Exception:  # noqa: BLE001 - a failure of one key must not stop the others
                _log.exception("Controller failed: key=%s", key)
        self._schedule()

    def _schedule(self) -> None:
        # A handled key may have added others, and that scheduled the next run already.
        if self._keys and self._scheduled is None and not self._stopped:
            self._scheduled = asyncio.get_running_loop().call_soon(self._run)
