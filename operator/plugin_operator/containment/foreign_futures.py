"""Awaiting futures of classes other than asyncio's own.

Ensures that exceptions of their methods and attributes reach the awaiting coroutine. asyncio's task does not catch
them: the task would never run again and could not be cancelled.
"""

import asyncio
from typing import Any

#: Types on which a task waits without calling code outside of asyncio.
ORDINARY: frozenset[type] = frozenset({type(None), asyncio.Future, asyncio.Task})

_MARK = "_asyncio_future_blocking"


def waiting_for(foreign: Any) -> Any:
    """Return a future that a task can await in place of ``foreign``; it has failed if ``foreign`` raises.

    An object that is not a future, or belongs to another loop, is returned unchanged: the task reports the error.
    """
    loop = asyncio.get_running_loop()
    try:
        # asyncio's protocol for future-like objects.
        if not getattr(foreign, _MARK, None) or foreign.get_loop() is not loop or foreign is asyncio.current_task():
            return foreign
        setattr(foreign, _MARK, False)
        return Bridge(foreign, loop)
    except BaseException as error:  # noqa: BLE001 - see the module
        failed = loop.create_future()
        failed.set_exception(_storable(error))
        setattr(failed, _MARK, True)
        return failed


class Bridge(asyncio.Future[None]):
    """Future that completes with ``foreign``; cancelling it cancels ``foreign`` and keeps waiting."""

    def __init__(self, foreign: Any, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop=loop)
        self._foreign = foreign
        foreign.add_done_callback(self._ended)
        setattr(self, _MARK, True)

    def cancel(self, msg: Any | None = None) -> bool:
        """Cancel ``foreign``, or this future if that raises."""
        try:
            return self._foreign.cancel(msg=msg) is True
        except BaseException:  # noqa: BLE001 - see the module
            return super().cancel(msg)

    def _ended(self, _: Any) -> None:
        if not self.done():
            self.set_result(None)


def _storable(error: BaseException) -> BaseException:
    """Return ``error`` in a form that a future accepts: ``StopIteration`` would end the awaiting coroutine."""
    if not issubclass(type(error), StopIteration):
        return error
    wrapped = RuntimeError("waiting raised StopIteration")
    wrapped.__cause__ = error
    return wrapped
