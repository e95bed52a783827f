"""The set-up of the standard library's logging at one moment, and putting it back.

Owns what all code of the process shares there: the root logger with its handlers, ``logging.disable``, the names of
levels, loggers by name. When to look and what to say to whom is ``process_state``'s affair.
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

_ABSENT = object()


@dataclass(frozen=True, slots=True)
class LoggerState:
    """One logger."""

    level: int
    propagate: bool
    disabled: bool
    handlers: tuple[logging.Handler, ...]
    filters: tuple[Any, ...]

    @classmethod
    def of(cls, logger: logging.Logger) -> "LoggerState":
        """Return the state of a logger now."""
        return cls(logger.level, logger.propagate, logger.disabled, tuple(logger.handlers), tuple(logger.filters))

    def restore(self, logger: logging.Logger, *, keeps_added_handlers: bool = False) -> list[str]:
        """Put a logger back and return the names of the attributes that were changed."""
        now = LoggerState.of(logger)
        handlers = self.handlers
        if keeps_added_handlers and set(map(id, handlers)) <= set(map(id, now.handlers)):
            handlers = now.handlers  # added, and not put in the place of others as basicConfig(force=True) does
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
    """One handler: what it lets through, in which form, and where to."""

    __slots__ = ("_attributes", "_filters", "_handler")

    def __init__(self, handler: logging.Handler) -> None:
        self._handler = handler
        self._attributes = {name: getattr(handler, name, _ABSENT) for name in ("level", "formatter", "stream")}
        self._filters = tuple(handler.filters)

    def restore(self) -> list[str]:
        """Put the handler back and return the names of the attributes that were changed."""
        now = {name: getattr(self._handler, name, _ABSENT) for name in self._attributes}
        changed = [name for name, before in self._attributes.items() if now[name] is not before]
        for name in changed:
            setattr(self._handler, name, self._attributes[name])
        if tuple(self._handler.filters) != self._filters:
            self._handler.filters[:] = self._filters
            changed.append("filters")
        return changed


class LoggingState:
    """What the process shares in ``logging``, as it is when this is made.

    Args:
        leaves_out: tells the names of loggers that belong to a plugin.
    """

    def __init__(self, leaves_out: Callable[[str], bool] = lambda _: False) -> None:
        root = logging.getLogger()
        self.loggers = {name: LoggerState.of(each) for name, each in named_loggers() if not leaves_out(name)}
        self._root = LoggerState.of(root)
        self._handlers = [HandlerState(each) for each in root.handlers]
        self._disabled = logging.root.manager.disable
        self._level_names = dict(logging._levelToName)  # noqa: SLF001 - there is no public way to ask for all

    def restore_shared(self, *, keeps_added_handlers: bool = False) -> list[str]:
        """Put back all but the loggers with a name, and return in words what was changed."""
        found = []
        if logging.root.manager.disable != self._disabled:
            logging.disable(self._disabled)
            found.append("calls logging.disable, which silences everybody: undone")
        if changes := self._root.restore(logging.getLogger(), keeps_added_handlers=keeps_added_handlers):
            found.append(f"changes the {' and '.join(changes)} of the root logger, which all plugins share: undone")
        if changes := sorted({name for each in self._handlers for name in each.restore()}):
            found.append(f"changes the {' and '.join(changes)} of the operator's own logging handler: undone")
        if renamed := self._restore_level_names():
            found.append(f"renames the logging level {', '.join(renamed)} for everybody: undone")
        return found

    def restore_loggers(self, names: Iterable[str], *, keeps_added_handlers: bool = False) -> list[str]:
        """Put loggers back that were there, and return ``attribute of name`` of what was changed."""
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
    """Return all loggers that have a name."""
    known = list(logging.root.manager.loggerDict.items())
    return [(name, logger) for name, logger in known if isinstance(logger, logging.Logger)]


def forget_loggers(package: str) -> None:
    """Take the loggers of a private package out of ``logging``, which keeps each one for ever."""
    loggers = logging.root.manager.loggerDict
    for name in [name for name in list(loggers) if name == package or name.startswith(package + ".")]:
        loggers.pop(name, None)
