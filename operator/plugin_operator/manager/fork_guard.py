"""Guard against forks of the operator.

A child of ``os.fork`` would be a second operator on the same sockets, epoll instance and Lease, so the guard ends it at
once. Processes from ``subprocess``, ``asyncio``, or ``multiprocessing`` with ``spawn`` or ``forkserver`` are not
affected.

``os.register_at_fork`` does not suit: its hooks also run in the child of every process that uvloop starts.
"""

import os
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

from plugin_operator import logs
from plugin_operator.plugin.runtime.forks import is_fork_allowed

_CHILD_STATUS = 70
_NAMES = ("fork", "forkpty")
_WAY_OUT = (
    'use subprocess, or multiprocessing.get_context("spawn"); wrap the call in plugin_operator.allow_fork() '
    "to keep the child"
)

_log = logs.get_logger(__name__)


class ForkGuard:
    """While installed, ends every forked child of this process unless the fork was allowed.

    Args:
        blame: returns the plugin of a frame, or None.
    """

    def __init__(self, blame: Callable[[FrameType], str | None]) -> None:
        self._blame = blame
        self._pid = os.getpid()
        self._replaced: list[tuple[Any, str, Any]] = []

    def install(self) -> None:
        """Replace ``os.fork`` and ``os.forkpty``."""
        for module in (os, sys.modules.get("posix")):
            for name in _NAMES:
                if (function := getattr(module, name, None)) is not None:
                    self._replaced.append((module, name, function))
                    setattr(module, name, self._guarded(function))

    def remove(self) -> None:
        """Restore ``os.fork`` and ``os.forkpty``."""
        while self._replaced:
            module, name, function = self._replaced.pop()
            setattr(module, name, function)

    def _guarded(self, function: Callable[[], Any]) -> Callable[[], Any]:
        def fork() -> Any:
            if is_fork_allowed() or os.getpid() != self._pid:
                return function()
            result = function()
            pid = result[0] if isinstance(result, tuple) else result
            if pid == 0:
                os._exit(_CHILD_STATUS)
            self._tell(function.__name__, pid, sys._getframe(1))  # noqa: SLF001 - the documented way to find the caller
            return result

        fork.__name__ = fork.__qualname__ = function.__name__
        fork.__doc__ = function.__doc__
        return fork

    def _tell(self, function: str, pid: int, frame: FrameType) -> None:
        plugin, at = culprit(frame, self._blame)
        _log.error(
            "Forked child of the operator ended",
            plugin=plugin,
            file=at.f_code.co_filename,
            line=at.f_lineno,
            call=f"os.{function}()",
            child=pid,
            way_out=_WAY_OUT,
        )


def culprit(frame: FrameType, blame: Callable[[FrameType], str | None]) -> tuple[str | None, FrameType]:
    """Return the plugin with the innermost frame on the stack, and that frame; else None and ``frame``."""
    at: FrameType | None = frame
    while at is not None:
        if (plugin := blame(at)) is not None:
            return plugin, at
        at = at.f_back
    return None, frame
