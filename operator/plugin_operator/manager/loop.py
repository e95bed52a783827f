"""The event loop of a process: uvloop where there is one, for it helps under bursts and costs nothing else."""

import asyncio
import gc
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def run_in_loop(main: Coroutine[Any, Any, T]) -> T:
    """Run ``main`` to its end in a new event loop and return its result.

    What is imported by now stays for good, so the collector is told to leave it alone: walking it again and again was
    most of its longest pauses.
    """
    gc.collect()
    gc.freeze()
    try:
        import uvloop
    except ImportError:  # no wheel for this platform: asyncio's own loop does the same, a little slower
        return asyncio.run(main)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main)
