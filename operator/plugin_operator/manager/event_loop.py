"""The event loop of the process: uvloop if it is installed, because it is faster under bursts.

Ensures that only the operator's main coroutine ends the loop. asyncio lets ``SystemExit`` and ``KeyboardInterrupt``
from any callback through, so a plugin's ``call_later`` could end it. The operator's signal handlers raise neither.
"""

import asyncio
import gc
import signal
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from plugin_operator import logs
from plugin_operator.manager.stray_errors import StrayErrors
from plugin_operator.plugin.runtime.task_tracking import current_fields
from plugin_operator.rendering import describe

T = TypeVar("T")

_log = logs.get_logger(__name__)


def run_in_loop(main: Coroutine[Any, Any, T]) -> T:
    """Run ``main`` in a new event loop and return its result.

    It freezes the objects of imported modules (``gc.freeze``), because traversing them dominated the longest pauses of
    the garbage collector.

    Raises:
        RuntimeError: ``main`` raised ``SystemExit``, which would look like a regular exit.
        KeyboardInterrupt: Ctrl-C was pressed before the operator handles signals.
    """
    gc.collect()
    gc.freeze()
    stray = StrayErrors()
    with stray.logged(), asyncio.Runner(loop_factory=_loop_factory()) as runner:
        loop = runner.get_loop()
        loop.set_exception_handler(stray.on_loop)
        task = MainTask(main, loop=loop)
        try:
            return _run_until_done(loop, task, stray)
        finally:
            task.is_running_free = False
            if not task.done():
                task.cancel()


class MainTask(asyncio.Task[T]):
    """The task of the main coroutine, which ignores cancellation by code that cancels all tasks.

    Attributes:
        is_running_free: whether cancellation is ignored and logged.
    """

    is_running_free = True

    def cancel(self, msg: Any | None = None) -> bool:
        """Ignore the request while the loop runs this task."""
        if self.is_running_free:
            _log.error("Cancellation of the operator's main task ignored", **current_fields())
            return False
        return super().cancel(msg)


def _run_until_done(loop: asyncio.AbstractEventLoop, task: "asyncio.Task[T]", stray: StrayErrors) -> T:
    while True:
        try:
            return loop.run_until_complete(task)
        except (SystemExit, KeyboardInterrupt) as error:
            if type(error) is KeyboardInterrupt and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
                raise
            if task.done():
                raise RuntimeError(f"the operator's main task raised {describe(error)}") from error
            # Callbacks due in this turn stay in the loop's queue, and the next run executes them.
            stray.exits(error)
        except RuntimeError:
            if task.done() or loop.is_closed():
                raise
            # loop.stop() surfaces as this RuntimeError; an error of the main task would have ended the task.
            _log.error("Event loop stopped by other code, restarting it")


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:  # no wheel for this platform: asyncio's own loop is only slower
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory
