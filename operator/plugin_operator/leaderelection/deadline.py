"""Deadline of one request, measured by a ``Clock``."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from plugin_operator.clock import Clock
from plugin_operator.tasks import start_task

T = TypeVar("T")


async def within(clock: Clock, seconds: float, coroutine: Coroutine[Any, Any, T]) -> T:
    """Run ``coroutine`` within a deadline and return its result.

    Unlike ``asyncio.timeout``, which uses the loop's clock, it uses a ``Clock`` that tests can drive.

    Raises:
        TimeoutError: the coroutine took longer than ``seconds`` and was cancelled.
        asyncio.CancelledError: the caller was cancelled; the coroutine is cancelled with it.
    """
    task = start_task(coroutine, "request within a deadline")
    expired = False

    def expire() -> None:
        nonlocal expired
        expired = True
        task.cancel()

    timer = clock.call_later(max(0.0, seconds), expire)
    try:
        return await task
    except asyncio.CancelledError:
        current = asyncio.current_task()
        if expired and not (current is not None and current.cancelling()):
            raise TimeoutError(f"no answer within {seconds:g} s") from None
        raise
    finally:
        timer.cancel()
