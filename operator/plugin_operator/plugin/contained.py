"""Keeping what ends a process from ending this one.

asyncio lets ``SystemExit`` through a task into its event loop, which ends; in a plugin's task it is a failure of that
task and of nobody else.
"""

from collections.abc import Callable, Coroutine, Generator
from types import CodeType, CoroutineType, FrameType
from typing import Any

from plugin_operator.errors import PluginOperatorError


class TaskExits(PluginOperatorError):
    """A task of a plugin called ``sys.exit``."""


class Contained(Coroutine[Any, Any, Any]):
    """A coroutine whose ``SystemExit`` is an ordinary exception; for stacks and names it is the one inside."""

    def __init__(self, inner: "CoroutineType[Any, Any, Any]") -> None:
        self._inner = inner
        self.__name__ = inner.__name__
        self.__qualname__ = inner.__qualname__

    def send(self, value: Any) -> Any:
        """Go on with ``value``."""
        return self._step(self._inner.send, value)

    def throw(self, *error: Any) -> Any:
        """Go on with an exception."""
        return self._step(self._inner.throw, *error)

    def close(self) -> None:
        """End it where it waits."""
        self._inner.close()

    def __await__(self) -> Generator[Any, Any, Any]:
        return self._inner.__await__()

    @property
    def cr_await(self) -> Any:
        """What it waits for."""
        return self._inner.cr_await

    @property
    def cr_code(self) -> CodeType:
        """Its code."""
        return self._inner.cr_code

    @property
    def cr_frame(self) -> FrameType | None:
        """Where it is."""
        return self._inner.cr_frame

    @property
    def cr_running(self) -> bool:
        """Whether it runs now."""
        return self._inner.cr_running

    @staticmethod
    def _step(step: Callable[..., Any], *args: Any) -> Any:
        try:
            return step(*args)
        except SystemExit as error:
            raise TaskExits(f"a task called sys.exit({error.code!r})") from error
