"""Deferred work after a write. The coalescer merges bursts and yields to the event loop between time slices."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Hashable
from functools import partial
from typing import Any, Generic, TypeVar

from kube_apiserver.storage import JournalFailed
from kube_apiserver.threads import Pause

_log = logging.getLogger(__name__)
_SLICE = 100
_RETRY_SECONDS = 1.0

K = TypeVar("K", bound=Hashable)
Work = Coroutine[Any, Any, None]


class Coalescer(Generic[K]):
    """Calls a function once per added key, in order, on the running event loop.

    The function may return the rest of its work as a coroutine. The next key waits for its end. A key that fails is
    logged and dropped; the next write to its object adds it again. A key whose write fails on a full disk is retried a
    second later.
    """

    __slots__ = ("_handle", "_keys", "_scheduled", "_stopped", "_task", "_working_on")

    def __init__(self, handle: Callable[[K], Work | None]) -> None:
        self._handle = handle
        self._keys: dict[K, None] = {}
        self._scheduled: asyncio.Handle | None = None
        self._task: asyncio.Task[None] | None = None
        self._working_on: K | None = None
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
        if self._task is not None:
            self._task.cancel()

    def interrupt(self) -> None:
        """Cancel the work in progress, and add its key again: it worked on a state that was replaced."""
        if self._task is not None and self._working_on is not None:
            self._keys[self._working_on] = None
            self._task.cancel()

    def _run(self) -> None:
        self._scheduled = None
        pause = Pause()
        for key in list(self._keys)[:_SLICE]:
            if pause.is_due:
                break
            del self._keys[key]
            try:
                work = self._handle(key)
            except Exception as error:  # noqa: BLE001 - a failure of one key must not stop the others
                if self._failed(key, error):
                    return
                continue
            if work is not None:
                # The work itself is the task: a stop before its first turn leaves no coroutine behind.
                self._task, self._working_on = asyncio.get_running_loop().create_task(work), key
                self._task.add_done_callback(partial(self._finished, key))
                return
        self._schedule()

    def _finished(self, key: K, task: "asyncio.Task[None]") -> None:
        self._task = None
        error = None if task.cancelled() else task.exception()
        if not (isinstance(error, Exception) and self._failed(key, error)):
            self._schedule()

    def _failed(self, key: K, error: Exception) -> bool:
        """Log a failure. Return whether the key is retried later, before which no other key is handled."""
        if not isinstance(error, JournalFailed):
            _log.error("Controller failed: key=%s", key, exc_info=error)
            return False
        self._keys[key] = None
        if not self._stopped:
            self._scheduled = asyncio.get_running_loop().call_later(_RETRY_SECONDS, self._run)
        return True

    def _schedule(self) -> None:
        # A handled key may have added others, and that scheduled the next run already.
        if self._keys and self._scheduled is None and self._task is None and not self._stopped:
            self._scheduled = asyncio.get_running_loop().call_soon(self._run)
