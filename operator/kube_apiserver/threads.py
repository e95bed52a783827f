"""Threads for what would hold up the event loop.

Apart from the loop's default executor: in a test, the code under test shares the loop and may fill it.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")

_THREADS = ThreadPoolExecutor(2, thread_name_prefix="apiserver")


async def in_thread(function: Callable[..., T], *args: object) -> T:
    """Call ``function`` in a thread. When this is cancelled, it returns at once and the function goes on."""
    return await asyncio.get_running_loop().run_in_executor(_THREADS, function, *args)
