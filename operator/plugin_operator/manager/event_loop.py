"""The event loop of a process: uvloop where there is one, for it helps under bursts and costs nothing else.

Owns what ends it: the operator's main coroutine and nobody else. asyncio lets ``SystemExit`` and ``KeyboardInterrupt``
of any callback through the loop; a plugin's ``call_later`` can raise them. The operator's signals raise neither.
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
    """Run ``main`` to its end in a new event loop and return its result.

    What is imported by now stays for good, so the collector is told to leave it alone: walking it again and again was
    most of its longest pauses.

    Raises:
        RuntimeError: ``main`` itself ended by ``SystemExit``, which would look like a stop in order.
        KeyboardInterrupt: Ctrl-C before the operator handles signals.
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
    """The task that ends the process with its own end; code that cancels all tasks does not end it.

    Attributes:
        is_running_free: cancellation has no effect, and is logged.
    """

    is_running_free = True

    def cancel(self, msg: Any | None = None) -> bool:
        """Refuse, while the loop runs it."""
        if self.is_running_free:
            _log.error("Cancellation of the operator's main task has no effect", **current_fields())
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
            # What was due in this turn of the loop is still in its queue: the next run goes on with it.
            stray.exits(error)
        except RuntimeError:
            if task.done() or loop.is_closed():
                raise
            # That is what loop.stop() comes to; an error of the main task would have ended it.
            _log.error("Event loop was stopped by other code, running it again")


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:  # no wheel for this platform: asyncio's own loop does the same, a little slower
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory
