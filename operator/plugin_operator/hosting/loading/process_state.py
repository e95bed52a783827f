"""What a plugin changes for everybody in the process, and putting it back.

Owns the set-up of the standard library's logging and a few hooks that are attributes of modules. All plugins and the
operator share them, so that what one plugin changes there is undone and named: at the end of its import, and once a
second from then on. What a plugin does with loggers of its own is left alone.
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
# What a plugin changes in each reconcile is put back each time, and logged once in a while.
_BURST = 1
_PERIOD_SECONDS = 60.0

#: Hooks for which one function serves the whole process: where, and the attribute.
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
    """Puts the state back after imports, of which several may run at once, and between them.

    The state before the first of several imports that overlap is what each of them is compared with. So the words may
    name what another import did in the meantime; the trial, which runs one import in a process of its own, does not.

    Args:
        is_own: tells whether a module of this private name is one of a plugin's.
    """

    def __init__(self, is_own: Callable[[str], bool]) -> None:
        self._is_own = is_own
        self._lock = threading.Lock()
        self._running = 0
        self._state = LoggingState()
        self._hooks: list[Any] = []
        self._is_looking = False
        self._limiter = LineLimiter(SystemClock(), burst=_BURST, period_seconds=_PERIOD_SECONDS)
        #: Loggers that plugins have made for themselves: with these they may do as they like.
        self._theirs: set[str] = set()
        self._touched: set[str] = set()
        self._suspects: dict[str, str] = {}

    def begin(self) -> None:
        """Remember the state, unless an import is under way already."""
        with self._lock:
            self._running += 1
            found = []
            if self._running == 1:
                # What a reconcile has just changed must not pass for how things should be.
                found = self._undo() if self._is_looking else []
                self._remember()
        self._report(found)

    def end(self) -> tuple[str, ...]:
        """Put everything back that was changed since ``begin``, and return in words what it was."""
        with self._lock:
            self._running -= 1
            found = (*self._state.restore_shared(), *self._restore_loggers(), *self._restore_hooks())
            self._forget_suspects()
            return found

    @contextmanager
    def watching(self) -> Iterator[list[str]]:
        """Guard one import; the list holds what was put back, in words, once the block is over."""
        undone: list[str] = []
        self.begin()
        try:
            yield undone
        finally:
            undone += self.end()

    def suspect(self, who: str, call: str, loggers: set[str]) -> None:
        """Remember that a plugin's code has called what may change the state of everybody.

        Args:
            who: plugin, file and line.
            call: name of the function; of those that one line leads to, the first one is kept.
            loggers: names of those that it may change, besides what has no name.
        """
        if len(self._suspects) < _MOST_NAMED:
            self._suspects.setdefault(who, call)
        self._touched |= loggers

    def look(self) -> None:
        """Put back and log what plugins have changed since the last look; the first one remembers what is.

        Handlers that were added to the root logger stay, for they take nothing from anybody. A logger with a name is
        only put back if a plugin's code called a method of it that changes it.
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
        """Look at nothing any more, but for imports."""
        with self._lock:
            self._is_looking = False
            self._limiter = LineLimiter(SystemClock(), burst=_BURST, period_seconds=_PERIOD_SECONDS)

    def _undo(self) -> list[tuple[str, list[str]]]:
        """Put back what was changed outside of imports, and return it in words, each with the calls it may be from."""
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


_CAPTURING = logging._showwarning  # type: ignore[attr-defined]  # noqa: SLF001 - what captureWarnings puts in place


def _changed_loggers(changed: list[str]) -> list[str]:
    if not changed:
        return []
    more = f" and {len(changed) - _MOST_NAMED} more" if len(changed) > _MOST_NAMED else ""
    return [f"changes loggers that are not its own ({', '.join(sorted(changed)[:_MOST_NAMED])}{more}): undone"]
