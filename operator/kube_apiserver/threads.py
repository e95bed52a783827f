"""Worker threads for blocking calls of the server.

The server does not use the loop's default executor, because in a test the code under test may fill it.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")

_THREADS = ThreadPoolExecutor(2, thread_name_prefix="apiserver")


async def in_thread(function: Callable[..., T], *args: object) -> T:
    """Return the result of ``function``, called in a thread. A cancellation does not stop the call."""
    return await asyncio.get_running_loop().run_in_executor(_THREADS, function, *args)
