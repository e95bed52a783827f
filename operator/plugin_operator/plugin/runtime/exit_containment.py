"""Keeping what ends a process from ending this one.

asyncio lets ``SystemExit`` and ``KeyboardInterrupt`` through a task into its event loop, which ends; in a plugin's task
they are a failure of that task and of nobody else. The signals of the operator raise neither.
"""

from collections.abc import Callable, Coroutine, Generator
from types import CodeType, FrameType
from typing import Any, cast

from plugin_operator.errors import PluginOperatorError
from plugin_operator.rendering import class_name, describe


class TaskExits(PluginOperatorError):
    """A task of a plugin raised ``SystemExit`` or ``KeyboardInterrupt``."""


class Contained(Coroutine[Any, Any, Any]):
    """A coroutine that cannot end its event loop; for stacks and names it is the one inside.

    Args:
        inner: a coroutine, or an object of the plugin's that behaves as one.
        whose: what its spawner knows of whose it is.
    """

    def __init__(self, inner: Any, whose: Any = None) -> None:
        self._inner = inner
        self.whose = whose
        self.__name__ = _name(inner, "__name__")
        self.__qualname__ = _name(inner, "__qualname__")

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
        return cast("Generator[Any, Any, Any]", self._inner.__await__())

    @property
    def cr_await(self) -> Any:
        """What it waits for."""
        return getattr(self._inner, "cr_await", None)

    @property
    def cr_code(self) -> CodeType | None:
        """Its code."""
        return getattr(self._inner, "cr_code", None)

    @property
    def cr_frame(self) -> FrameType | None:
        """Where it is."""
        return getattr(self._inner, "cr_frame", None)

    @property
    def cr_running(self) -> bool:
        """Whether it runs now."""
        return bool(getattr(self._inner, "cr_running", False))

    @staticmethod
    def _step(step: Callable[..., Any], *args: Any) -> Any:
        try:
            return step(*args)
        except (SystemExit, KeyboardInterrupt) as error:
            raise TaskExits(f"a task raised {describe(error)}") from error


def _name(inner: Any, attribute: str) -> str:
    try:
        return str.__str__(getattr(inner, attribute))
    except BaseException:  # noqa: BLE001 - an object of the plugin's, which answers as it likes
        return class_name(inner)
