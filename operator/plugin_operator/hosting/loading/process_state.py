"""Detection and restore of process-wide state that plugins change.

Owns the logging configuration of the standard library and some hooks that are attributes of modules. All plugins and
the operator share them, so the guard reverts and reports changes by a plugin: at the end of its import, and once a
second afterwards. Plugins may change their own loggers.
"""

import json
import logging
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from plugin_operator import logs
from plugin_operator.clock import SystemClock
from plugin_operator.containment import LineLimiter
from plugin_operator.hosting.loading.logging_state import LoggingState, named_loggers

_MOST_NAMED = 5
# A change in each reconcile is reverted each time, but logged at this interval.
_BURST = 1
_PERIOD_SECONDS = 60.0

#: Process-wide hooks: module and attribute.
_HOOKS: tuple[tuple[Any, str], ...] = (
    (sys, "excepthook"),
    (sys, "unraisablehook"),
    (threading, "excepthook"),
    (warnings, "showwarning"),
    (json.JSONEncoder, "default"),
    (logging, "_logRecordFactory"),
    (logging, "_loggerClass"),
    (logging, "lastResort"),
    (logging, "raiseExceptions"),
)

_log = logs.get_logger(__name__)


class ImportGuard:
    """Restores the state after imports, which may overlap, and between them.

    Overlapping imports are compared with the state before the first of them, so a warning may name the change of
    another import. The trial runs each import in a process of its own and is exact.

    Args:
        is_own: reports whether a private module name belongs to a plugin.
    """

    def __init__(self, is_own: Callable[[str], bool]) -> None:
        self._is_own = is_own
        self._lock = threading.Lock()
        self._running = 0
        self._state = LoggingState()
        self._hooks: list[Any] = []
        self._is_looking = False
        self._limiter = LineLimiter(SystemClock(), burst=_BURST, period_seconds=_PERIOD_SECONDS)
        #: Loggers that plugins have created, which they may change freely.
        self._theirs: set[str] = set()
        self._touched: set[str] = set()
        self._suspects: dict[str, str] = {}

    def begin(self) -> None:
        """Record the state, unless another import is running."""
        with self._lock:
            self._running += 1
            found = []
            if self._running == 1:
                # A change that a reconcile has just made must not become the recorded state.
                found = self._undo() if self._is_looking else []
                self._remember()
        self._report(found)

    def end(self) -> tuple[str, ...]:
        """Restore the state at ``begin``, and return descriptions of the changes."""
        with self._lock:
            self._running -= 1
            found = (*self._state.restore_shared(), *self._restore_loggers(), *self._restore_hooks())
            self._forget_suspects()
            return found

    @contextmanager
    def watching(self) -> Iterator[list[str]]:
        """Guard one import; after the block, the list contains descriptions of the reverted changes."""
        undone: list[str] = []
        self.begin()
        try:
            yield undone
        finally:
            undone += self.end()

    def suspect(self, who: str, call: str, loggers: set[str]) -> None:
        """Record that plugin code has called a function that may change process-wide state.

        Args:
            who: plugin, file and line.
            call: name of the function; only the first one per line is recorded.
            loggers: names of the loggers that it may change, besides state without a name.
        """
        if len(self._suspects) < _MOST_NAMED:
            self._suspects.setdefault(who, call)
        self._touched |= loggers

    def look(self) -> None:
        """Revert and log changes by plugins since the last call; the first call records the state.

        Handlers added to the root logger stay, because they do not affect others. A named logger is restored only if
        plugin code has called one of its methods that change it.
        """
        with self._lock:
            if self._running:
                return
            if not self._is_looking:
                self._is_looking = True
                self._remember()
                return
            found = self._undo()
        self._report(found)

    def rest(self) -> None:
        """Stop the checks between imports."""
        with self._lock:
            self._is_looking = False
            self._limiter = LineLimiter(SystemClock(), burst=_BURST, period_seconds=_PERIOD_SECONDS)

    def _undo(self) -> list[tuple[str, list[str]]]:
        """Revert changes outside of imports, and return their descriptions with the calls that may have made them."""
        touched = [name for name in self._touched if not self._owned(name)]
        found = self._state.restore_shared(keeps_added_handlers=True)
        found += _changed_loggers(self._state.restore_loggers(touched, keeps_added_handlers=True))
        found += self._restore_hooks()
        suspects = [f"{call}() of {who}" for who, call in self._suspects.items()]
        self._forget_suspects()
        return [(each, suspects) for each in found]

    def _report(self, found: list[tuple[str, list[str]]]) -> None:
        for what, suspects in found:
            left_out = self._limiter.pass_one((what, *suspects))
            if left_out is not None:
                more = {"left_out": left_out} if left_out else {}
                _log.error("Process-wide change by a plugin reverted", what=what, suspects=suspects, **more)

    def _remember(self) -> None:
        self._state = LoggingState(self._owned)
        self._hooks = [getattr(where, name) for where, name in _HOOKS]
        self._forget_suspects()

    def _forget_suspects(self) -> None:
        self._touched.clear()
        self._suspects.clear()

    def _owned(self, name: str) -> bool:
        return name in self._theirs or self._is_own(name)

    def _restore_loggers(self) -> list[str]:
        for name, _ in named_loggers():
            if name not in self._state.loggers and name.partition(".")[0] not in sys.modules:
                self._theirs.add(name)
        return _changed_loggers(self._state.restore_loggers(list(self._state.loggers)))

    def _restore_hooks(self) -> list[str]:
        found = []
        for (where, name), before in zip(_HOOKS, self._hooks, strict=True):
            now = getattr(where, name)
            if now is before:
                continue
            if now is _CAPTURING:
                logging.captureWarnings(False)
                found.append("calls logging.captureWarnings for the whole process: undone")
            elif self._is_own(str(getattr(now, "__module__", ""))):
                setattr(where, name, before)
                owner = getattr(where, "__qualname__", getattr(where, "__name__", ""))
                found.append(f"replaces {owner}.{name} for the whole process: undone")
        return found


_CAPTURING = logging._showwarning  # type: ignore[attr-defined]  # noqa: SLF001 - the function that captureWarnings installs


def _changed_loggers(changed: list[str]) -> list[str]:
    if not changed:
        return []
    more = f" and {len(changed) - _MOST_NAMED} more" if len(changed) > _MOST_NAMED else ""
    return [f"changes loggers that are not its own ({', '.join(sorted(changed)[:_MOST_NAMED])}{more}): undone"]
