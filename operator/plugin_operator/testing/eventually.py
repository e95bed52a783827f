"""Polling for a condition in tests.

Owns ``eventually``, for tests with real sockets and processes; use ``VirtualClock`` where time can be virtual.
"""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar, cast, overload

T = TypeVar("T")


@overload
async def eventually(
    condition: Callable[[], Awaitable[T | None]], *, timeout_seconds: float = 10.0, interval_seconds: float = 0.01
) -> T: ...


@overload
async def eventually(
    condition: Callable[[], T | None], *, timeout_seconds: float = 10.0, interval_seconds: float = 0.01
) -> T: ...


async def eventually(
    condition: Callable[[], T | Awaitable[T | None] | None],
    *,
    timeout_seconds: float = 10.0,
    interval_seconds: float = 0.01,
) -> T:
    """Call ``condition`` until it returns a true value, and return that. Cancellation ends the wait at once.

    Args:
        condition: sync or async; an ``AssertionError`` means "not yet", any other exception ends the wait.
        timeout_seconds: how long to try; ``condition`` is called at least twice.
        interval_seconds: pause between two calls.

    Returns:
        The true value of ``condition``.

    Raises:
        AssertionError: the last one of ``condition``, or one that shows its last value.
    """
    deadline = time.monotonic() + timeout_seconds
    while True:
        last_try = time.monotonic() >= deadline
        failure: AssertionError | None = None
        try:
            value = condition()
            if inspect.isawaitable(value):
                value = await value
            if value:
                return cast("T", value)
        except AssertionError as error:
            failure = error
        if last_try:
            raise failure or AssertionError(f"still {value!r} after {timeout_seconds} s: {condition!r}")
        await asyncio.sleep(interval_seconds)
