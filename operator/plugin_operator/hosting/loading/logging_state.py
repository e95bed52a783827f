"""Snapshot and restore of the standard library's logging configuration.

Owns the shared state: the root logger with its handlers, ``logging.disable``, level names, loggers by name. Leaves the
time of checks and log lines to ``process_state``.
"""

import logging
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

_ABSENT = object()


class LoggerState(msgspec.Struct, frozen=True):
    """State of one logger."""

    level: int
    propagate: bool
    disabled: bool
    handlers: tuple[logging.Handler, ...]
    filters: tuple[Any, ...]

    @classmethod
    def of(cls, logger: logging.Logger) -> "LoggerState":
        """Return the current state of a logger."""
        return cls(logger.level, logger.propagate, logger.disabled, tuple(logger.handlers), tuple(logger.filters))

    def restore(self, logger: logging.Logger, *, keeps_added_handlers: bool = False) -> list[str]:
        """Restore a logger and return the names of the changed attributes."""
        now = LoggerState.of(logger)
        handlers = self.handlers
        if keeps_added_handlers and set(map(id, handlers)) <= set(map(id, now.handlers)):
            handlers = now.handlers  # handlers were added, not replaced as by basicConfig(force=True)
        changes = {
            "level": now.level != self.level,
            "propagate": now.propagate != self.propagate,
            "disabled": now.disabled != self.disabled,
            "handlers": set(map(id, now.handlers)) != set(map(id, handlers)),
            "filters": now.filters != self.filters,
        }
        if changes["level"]:
            logger.setLevel(self.level)
        logger.propagate, logger.disabled = self.propagate, self.disabled
        if changes["handlers"]:
            logger.handlers[:] = handlers
        logger.filters[:] = self.filters
        return [name for name, is_changed in changes.items() if is_changed]


class HandlerState:
    """State of one handler: level, filters, formatter and stream."""

    __slots__ = ("_attributes", "_filters", "_handler")

    def __init__(self, handler: logging.Handler) -> None:
        self._handler = handler
        self._attributes = {name: getattr(handler, name, _ABSENT) for name in ("level", "formatter", "stream")}
        self._filters = tuple(handler.filters)

    def restore(self) -> list[str]:
        """Restore the handler and return the names of the changed attributes."""
        now = {name: getattr(self._handler, name, _ABSENT) for name in self._attributes}
        changed = [name for name, before in self._attributes.items() if now[name] is not before]
        for name in changed:
            setattr(self._handler, name, self._attributes[name])
        if tuple(self._handler.filters) != self._filters:
            self._handler.filters[:] = self._filters
            changed.append("filters")
        return changed


class LoggingState:
    """The shared state of ``logging`` at the time of creation.

    Args:
        leaves_out: reports whether a logger name belongs to a plugin.
    """

    def __init__(self, leaves_out: Callable[[str], bool] = lambda _: False) -> None:
        root = logging.getLogger()
        self.loggers = {name: LoggerState.of(each) for name, each in named_loggers() if not leaves_out(name)}
        self._root = LoggerState.of(root)
        self._handlers = [HandlerState(each) for each in root.handlers]
        self._disabled = logging.root.manager.disable
        self._level_names = dict(logging._levelToName)  # noqa: SLF001 - there is no public function for all levels

    def restore_shared(self, *, keeps_added_handlers: bool = False) -> list[str]:
        """Restore all but named loggers, and return descriptions of the changes."""
        found = []
        if logging.root.manager.disable != self._disabled:
            logging.disable(self._disabled)
            found.append("calls logging.disable, which silences the whole process: undone")
        if changes := self._root.restore(logging.getLogger(), keeps_added_handlers=keeps_added_handlers):
            found.append(f"changes the {' and '.join(changes)} of the root logger, which all plugins share: undone")
        if changes := sorted({name for each in self._handlers for name in each.restore()}):
            found.append(f"changes the {' and '.join(changes)} of the operator's own logging handler: undone")
        if renamed := self._restore_level_names():
            found.append(f"renames the logging level {', '.join(renamed)} for the whole process: undone")
        return found

    def restore_loggers(self, names: Iterable[str], *, keeps_added_handlers: bool = False) -> list[str]:
        """Restore named loggers that existed, and return ``attribute of name`` for each change."""
        known = dict(named_loggers())
        return [
            f"{what} of {name}"
            for name in names
            if name in self.loggers and name in known
            for what in self.loggers[name].restore(known[name], keeps_added_handlers=keeps_added_handlers)
        ]

    def _restore_level_names(self) -> list[str]:
        renamed = [level for level, name in self._level_names.items() if logging.getLevelName(level) != name]
        now = {level: logging.getLevelName(level) for level in renamed}
        for level in renamed:
            logging._nameToLevel.pop(now[level], None)  # noqa: SLF001 - addLevelName only adds
            logging.addLevelName(level, self._level_names[level])
        return [self._level_names[level] for level in renamed]


def named_loggers() -> list[tuple[str, logging.Logger]]:
    """Return all named loggers."""
    known = list(logging.root.manager.loggerDict.items())
    return [(name, logger) for name, logger in known if isinstance(logger, logging.Logger)]


def forget_loggers(package: str) -> None:
    """Remove the loggers of a private package from ``logging``, which would keep them for ever."""
    loggers = logging.root.manager.loggerDict
    for name in [name for name in list(loggers) if name == package or name.startswith(package + ".")]:
        loggers.pop(name, None)
