"""Services that run in a thread."""

import asyncio
import threading
from collections.abc import Callable

from plugin_operator.errors import PluginOperatorError

_THREAD_LOOK_SECONDS = 5.0


class TaskBroke(PluginOperatorError):
    """A background thread ended by an exception, or died."""


async def run_thread(work: Callable[[threading.Event], None], name: str) -> None:
    """Run ``work`` in a daemon thread and wait until it returns.

    ``work`` receives an event and must return soon after it is set. Cancelling this call sets the event.

    Raises:
        TaskBroke: the thread ended by an exception, or died.
    """
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[BaseException | None] = loop.create_future()
    stop = threading.Event()

    def settle(error: BaseException | None) -> None:
        if not ended.done():
            ended.set_result(error)

    def body() -> None:
        error: BaseException | None = None
        try:
            work(stop)
        except BaseException as raised:  # noqa: BLE001 - every exception is reported to the service
            error = raised
        try:
            loop.call_soon_threadsafe(settle, error)
        except RuntimeError:
            return  # the event loop is closed: the process is exiting

    thread = threading.Thread(target=body, name=name, daemon=True)
    thread.start()
    try:
        while not ended.done():
            await asyncio.wait([ended], timeout=_THREAD_LOOK_SECONDS)
            if not thread.is_alive():
                await asyncio.sleep(0)
                break
    finally:
        stop.set()
    if not ended.done():
        raise TaskBroke(f"thread {name} is gone")
    if (error := ended.result()) is not None:
        raise TaskBroke(f"thread {name} ended") from error
