"""What an import changes for everybody in the process, and putting it back.

Owns the set-up of the standard library's logging and a few hooks that are attributes of modules. All plugins and the
operator share them, so that what one plugin's import changes there is undone when the import ends, and named. What a
plugin does with loggers of its own is left alone.
"""

import json
import logging
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

_MOST_NAMED = 5

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


@dataclass(frozen=True, slots=True)
class _LoggerState:
    level: int
    propagate: bool
    disabled: bool
    handlers: tuple[logging.Handler, ...]
    filters: tuple[Any, ...]

    @classmethod
    def of(cls, logger: logging.Logger) -> "_LoggerState":
        return cls(logger.level, logger.propagate, logger.disabled, tuple(logger.handlers), tuple(logger.filters))

    def restore(self, logger: logging.Logger) -> list[str]:
        """Put a logger back and return in words what was changed."""
        now = _LoggerState.of(logger)
        if now == self:
            return []
        changes = {
            "level": now.level != self.level,
            "propagate": now.propagate != self.propagate,
            "disabled": now.disabled != self.disabled,
            "handlers": now.handlers != self.handlers,
            "filters": now.filters != self.filters,
        }
        if changes["level"]:
            logger.setLevel(self.level)
        logger.propagate, logger.disabled = self.propagate, self.disabled
        logger.handlers[:] = self.handlers
        logger.filters[:] = self.filters
        return [name for name, is_changed in changes.items() if is_changed]


class ImportGuard:
    """Puts the state back after imports, of which several may run at once.

    The state before the first of several imports that overlap is what each of them is compared with. So the words may
    name what another import did in the meantime; the trial, which runs one import in a process of its own, does not.

    Args:
        is_own: tells whether a module of this private name is one of a plugin's.
    """

    def __init__(self, is_own: Callable[[str], bool]) -> None:
        self._is_own = is_own
        self._lock = threading.Lock()
        self._running = 0
        self._root = _LoggerState.of(logging.getLogger())
        self._loggers: dict[str, _LoggerState] = {}
        self._hooks: list[Any] = []
        self._disabled = 0
        #: Loggers that plugins have made for themselves: with these they may do as they like.
        self._theirs: set[str] = set()

    def begin(self) -> None:
        """Remember the state, unless an import is under way already."""
        with self._lock:
            self._running += 1
            if self._running == 1:
                self._root = _LoggerState.of(logging.getLogger())
                self._loggers = {name: _LoggerState.of(each) for name, each in _loggers() if not self._owned(name)}
                self._disabled = logging.root.manager.disable
                self._hooks = [getattr(where, name) for where, name in _HOOKS]

    def end(self) -> tuple[str, ...]:
        """Put everything back that was changed since ``begin``, and return in words what it was."""
        with self._lock:
            self._running -= 1
            return (*self._restore_logging(), *self._restore_hooks())

    @contextmanager
    def watching(self) -> Iterator[list[str]]:
        """Guard one import; the list holds what was put back, in words, once the block is over."""
        undone: list[str] = []
        self.begin()
        try:
            yield undone
        finally:
            undone += self.end()

    def _owned(self, name: str) -> bool:
        return name in self._theirs or self._is_own(name)

    def _restore_logging(self) -> list[str]:
        found = []
        if logging.root.manager.disable != self._disabled:
            logging.disable(self._disabled)
            found.append("calls logging.disable, which silences everybody: undone")
        if changes := self._root.restore(logging.getLogger()):
            found.append(f"changes the {' and '.join(changes)} of the root logger, which all plugins share: undone")
        changed = []
        for name, logger in _loggers():
            before = self._loggers.get(name)
            if before is not None:
                changed += [f"{what} of {name}" for what in before.restore(logger)]
            elif name.partition(".")[0] not in sys.modules:
                self._theirs.add(name)
        if changed:
            more = f" and {len(changed) - _MOST_NAMED} more" if len(changed) > _MOST_NAMED else ""
            listed = ", ".join(sorted(changed)[:_MOST_NAMED])
            found.append(f"changes loggers that are not its own ({listed}{more}): undone")
        return found

    def _restore_hooks(self) -> list[str]:
        found = []
        for (where, name), before in zip(_HOOKS, self._hooks, strict=True):
            now = getattr(where, name)
            if now is not before and self._is_own(str(getattr(now, "__module__", ""))):
                setattr(where, name, before)
                owner = getattr(where, "__qualname__", getattr(where, "__name__", ""))
                found.append(f"replaces {owner}.{name} for the whole process: undone")
        return found


def _loggers() -> list[tuple[str, logging.Logger]]:
    known = list(logging.root.manager.loggerDict.items())
    return [(name, logger) for name, logger in known if isinstance(logger, logging.Logger)]


def forget_loggers(package: str) -> None:
    """Take the loggers of a private package out of ``logging``, which keeps each one for ever."""
    loggers = logging.root.manager.loggerDict
    for name in [name for name in list(loggers) if name == package or name.startswith(package + ".")]:
        loggers.pop(name, None)
