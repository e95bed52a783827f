"""Containment of ``SystemExit`` and ``KeyboardInterrupt`` in tasks of plugins.

asyncio re-raises both from a task out of the event loop, which ends the process. In a plugin's task they fail that task
only. The operator's signal handlers raise neither.
"""

from collections.abc import Callable, Coroutine, Generator
from types import CodeType, FrameType
from typing import Any, cast

from plugin_operator.containment import Around
from plugin_operator.errors import PluginOperatorError
from plugin_operator.rendering import class_name, describe


class TaskExits(PluginOperatorError):
    """A task of a plugin raised ``SystemExit`` or ``KeyboardInterrupt``."""


class Contained(Coroutine[Any, Any, Any]):
    """Coroutine wrapper that cannot end the event loop; stacks and names show the inner coroutine.

    Args:
        inner: a coroutine, or an object of a plugin that implements the protocol.
        whose: owner of the coroutine, for its spawner.
        around: called before and after each step; None for nothing.
    """

    def __init__(self, inner: Any, whose: Any = None, around: Around | None = None) -> None:
        self._inner = inner
        self._around = around
        self.whose = whose
        self.__name__ = _name(inner, "__name__")
        self.__qualname__ = _name(inner, "__qualname__")

    def send(self, value: Any) -> Any:
        """Send ``value`` to the inner coroutine."""
        return self._step(self._inner.send, value)

    def throw(self, *error: Any) -> Any:
        """Throw an exception into the inner coroutine."""
        return self._step(self._inner.throw, *error)

    def close(self) -> None:
        """Close the inner coroutine."""
        self._inner.close()

    def __await__(self) -> Generator[Any, Any, Any]:
        return cast("Generator[Any, Any, Any]", self._inner.__await__())

    @property
    def cr_await(self) -> Any:
        """``cr_await`` of the inner coroutine."""
        return getattr(self._inner, "cr_await", None)

    @property
    def cr_code(self) -> CodeType | None:
        """``cr_code`` of the inner coroutine."""
        return getattr(self._inner, "cr_code", None)

    @property
    def cr_frame(self) -> FrameType | None:
        """``cr_frame`` of the inner coroutine."""
        return getattr(self._inner, "cr_frame", None)

    @property
    def cr_running(self) -> bool:
        """``cr_running`` of the inner coroutine."""
        return bool(getattr(self._inner, "cr_running", False))

    def _step(self, step: Callable[..., Any], *args: Any) -> Any:
        around = self._around
        before = 0 if around is None else around.enter()
        try:
            return step(*args)
        except (SystemExit, KeyboardInterrupt) as error:
            raise TaskExits(f"a task raised {describe(error)}") from error
        finally:
            if around is not None:
                around.leave(before)


def _name(inner: Any, attribute: str) -> str:
    try:
        return str.__str__(getattr(inner, attribute))
    except BaseException:  # noqa: BLE001 - an attribute of a plugin's object may raise anything
        return class_name(inner)
