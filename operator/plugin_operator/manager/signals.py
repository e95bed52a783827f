"""SIGTERM and SIGINT: the first signal requests a stop, the second ends the process.

Owns the handlers. They are Python signal handlers, not the event loop's, so that Ctrl-C works while a plugin blocks the
loop. For the same reason a timer thread ends a stop that exceeds its grace period.
"""

import asyncio
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Self

_SIGNALS = (signal.SIGINT, signal.SIGTERM)

# One Ctrl-C may arrive twice: the terminal sends it to the whole process group, and a launcher may forward it.
_SAME_PRESS_SECONDS = 0.2

EXIT_FAILED = 1


_before_leaving: list[Callable[[], None]] = []


def before_leaving(callback: Callable[[], None]) -> None:
    """Have ``callback`` called by ``leave_now``; it must neither block nor raise."""
    _before_leaving.append(callback)


def leave_now(code: int) -> None:
    """End the process at once, without cleanup, which could block."""
    for each in _before_leaving:
        each()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            continue
    os._exit(code)


class StopSignals:
    """Context manager that installs the signal handlers, in the main thread, and restores the earlier ones.

    Args:
        on_stop: called on the running event loop at the first signal.
        grace_seconds: a stop that takes longer ends the process with status 1.
        leave: ends the process; tests pass their own.
    """

    def __init__(
        self, on_stop: Callable[[], None], *, grace_seconds: float, leave: Callable[[int], None] = leave_now
    ) -> None:
        self._on_stop = on_stop
        self._grace = grace_seconds
        self._leave = leave
        self._first_at: float | None = None
        self._previous: dict[signal.Signals, object] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: threading.Timer | None = None

    def __enter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._previous = {number: signal.signal(number, self._handle) for number in _SIGNALS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)  # type: ignore[arg-type]  # signal.signal accepts its own return value
        if self._timer is not None:
            self._timer.cancel()

    def _handle(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        now = time.monotonic()
        if self._first_at is None:
            self._first_at = now
            self._timer = threading.Timer(self._grace, self._leave, (EXIT_FAILED,))
            self._timer.daemon = True
            self._timer.start()
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self._on_stop)
        elif now - self._first_at > _SAME_PRESS_SECONDS:
            self._leave(EXIT_FAILED)
