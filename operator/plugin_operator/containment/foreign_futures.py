"""Waiting for a future of a class that is not asyncio's own.

Owns that whatever its methods and attributes raise reaches the coroutine that waits. A task asks such a future with
no guard: an error ends the step and not the task, which is never stepped again and cannot be cancelled either.
"""

import asyncio
from typing import Any

#: What a task waits for without asking any code but asyncio's.
ORDINARY: frozenset[type] = frozenset({type(None), asyncio.Future, asyncio.Task})

_MARK = "_asyncio_future_blocking"


def waiting_for(foreign: Any) -> Any:
    """Return what a task can wait for in place of ``foreign``; it has failed if ``foreign`` cannot be waited for.

    What is no future, or not one to wait for here, is returned as it is: the task says what is wrong with it.
    """
    loop = asyncio.get_running_loop()
    try:
        # The protocol between tasks and futures of other implementations.
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
    """Done once ``foreign`` is; cancelled, it cancels ``foreign`` and waits on."""

    def __init__(self, foreign: Any, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop=loop)
        self._foreign = foreign
        foreign.add_done_callback(self._ended)
        setattr(self, _MARK, True)

    def cancel(self, msg: Any | None = None) -> bool:
        """Cancel what is waited for; itself, if that fails."""
        try:
            return self._foreign.cancel(msg=msg) is True
        except BaseException:  # noqa: BLE001 - see the module
            return super().cancel(msg)

    def _ended(self, _: Any) -> None:
        if not self.done():
            self.set_result(None)


def _storable(error: BaseException) -> BaseException:
    """Return what a future takes: no ``StopIteration``, which a coroutine would take for its own end."""
    if not issubclass(type(error), StopIteration):
        return error
    wrapped = RuntimeError("waiting raised StopIteration")
    wrapped.__cause__ = error
    return wrapped
