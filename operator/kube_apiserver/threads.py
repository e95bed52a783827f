"""Worker threads of the server: for blocking calls, and for work that would hold up the event loop.

The server does not use the loop's default executor, because in a test the code under test may fill it. Long work has
threads of its own, so that it never delays a write to disk or a document.
"""

import asyncio
import gc
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

#: From this many bytes on, the work on documents takes a thread: apply takes up to 3 ms for a KB.
LONG_BYTES = 16 * 1024
#: From this many objects on, the work on a list takes a thread.
LONG_ITEMS = 1000
#: How long a controller or a stream works before it lets other tasks run.
SLICE_SECONDS = 0.01

# The event loop waits so long for a thread with long work at each of its system calls, of which a turn has several.
_SWITCH_SECONDS = 0.0005
# Python's own are 700, 10, 10 or similar. Few objects of the server refer to each other in cycles.
_THRESHOLDS = (20_000, 20, 100)

_BLOCKING = ThreadPoolExecutor(2, thread_name_prefix="apiserver")
_LONG = ThreadPoolExecutor(2, thread_name_prefix="apiserver-long")


def give_way_quickly() -> None:
    """Let long work give way to the event loop. For a process that only serves.

    Threads give way ten times as quickly. The garbage collector looks at all objects a hundred times as rarely: with
    the objects of a few long requests alive, each look held up everything for a quarter of a second.
    """
    sys.setswitchinterval(_SWITCH_SECONDS)
    gc.set_threshold(*_THRESHOLDS)


class Pause:
    """Divides long work on the event loop into slices, between which other tasks run."""

    __slots__ = ("_until",)

    def __init__(self) -> None:
        self._until = time.monotonic() + SLICE_SECONDS

    @property
    def is_due(self) -> bool:
        """Report whether the slice is over."""
        return time.monotonic() >= self._until

    async def if_due(self) -> None:
        """Let other tasks run if the slice is over."""
        if self.is_due:
            await asyncio.sleep(0)
            self._until = time.monotonic() + SLICE_SECONDS


async def in_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return the result of ``function``, called in a thread. A cancellation does not stop the call."""
    return await started_in_thread(function, *args, **kwargs)


def started_in_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> "asyncio.Future[T]":
    """Call ``function`` in a thread. Return the future of its result."""
    return _started(_BLOCKING, function, *args, **kwargs)


async def off_loop(is_long: bool, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return the result of ``function``, called in a thread if ``is_long``, else at once without a switch of tasks.

    ``function`` must not read what the event loop changes, such as the store. A cancellation does not stop the call.
    """
    if is_long:
        return await _started(_LONG, function, *args, **kwargs)
    return function(*args, **kwargs)


def _started(
    executor: ThreadPoolExecutor, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs
) -> "asyncio.Future[T]":
    return asyncio.get_running_loop().run_in_executor(executor, lambda: function(*args, **kwargs))
