"""Counts what the thread of an event loop does between two turns of another task.

Calls are counted and not time: their number does not depend on the machine and on what else runs there.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any


@dataclass(slots=True)
class Turns:
    """What was counted so far.

    Attributes:
        number: turns of the other task.
        longest: the most calls, of Python and of C, between two of them.
    """

    number: int = 0
    longest: int = 0


@asynccontextmanager
async def counted_turns() -> AsyncIterator[Turns]:
    """Count the calls of this thread, between two turns of a task that always wants one, until the block ends."""
    turns = Turns()
    calls = 0

    def count(frame: FrameType, event: str, arg: Any) -> None:
        nonlocal calls
        if event in ("call", "c_call"):
            calls += 1

    async def turn() -> None:
        nonlocal calls
        while True:
            calls = 0
            await asyncio.sleep(0.001)
            turns.number += 1
            turns.longest = max(turns.longest, calls)

    before = sys.getprofile()
    task = asyncio.create_task(turn())
    await asyncio.sleep(0)  # the first turn begins
    sys.setprofile(count)
    try:
        yield turns
        await asyncio.sleep(0.002)  # the last turn ends
    finally:
        sys.setprofile(before)
        task.cancel()
