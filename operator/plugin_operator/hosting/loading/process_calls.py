"""Calls of plugin code that change process-wide state.

Owns finding the caller. Functions of ``logging`` run, and ``process_state`` later restores what they changed; this
module reports the caller to it. Configuration calls of structlog have no effect from a plugin.
"""

import functools
import logging
import logging.config
from collections.abc import Callable
from typing import Any

import structlog

from plugin_operator import logs
from plugin_operator.hosting.loading.registrations import Registrations, caller

_NOTED: tuple[tuple[Any, str], ...] = (
    (logging, "addLevelName"),
    (logging, "basicConfig"),
    (logging, "captureWarnings"),
    (logging, "disable"),
    (logging.config, "dictConfig"),
    (logging.config, "fileConfig"),
    (logging.Filterer, "addFilter"),
    (logging.Filterer, "removeFilter"),
    (logging.Handler, "setFormatter"),
    (logging.Handler, "setLevel"),
    (logging.Logger, "removeHandler"),
    (logging.Logger, "setLevel"),
)
_OF_STRUCTLOG = ("configure", "configure_once", "reset_defaults")

_NO_EFFECT = "changes the set-up of structlog, which all plugins and the operator share: no effect, use ctx.log"

_log = logs.get_logger(__name__)


class Caller:
    """The plugin code that makes a call.

    Args:
        plugin, revision: owner of the code.
        place: location of the call, as ``path:line``.
        registrations: registrations of the revision.
    """

    __slots__ = ("place", "plugin", "registrations", "revision")

    def __init__(self, plugin: str, revision: str, place: str, registrations: Registrations) -> None:
        self.plugin = plugin
        self.revision = revision
        self.place = place
        self.registrations = registrations


Find = Callable[[str, str, int], Caller | None]
"""Returns the caller for the module name, file name and line of a frame, or None outside of plugins."""
Suspect = Callable[[str, str, set[str]], None]


def install(find: Find, suspect: Suspect) -> None:
    """Hook these functions; once per process.

    Args:
        find: returns the caller of a frame.
        suspect: ``ImportGuard.suspect``.
    """
    for where, name in _NOTED:
        _note(where, name, find, suspect)
    for where in (structlog, structlog.stdlib, structlog._config):  # noqa: SLF001 - modules from which code imports them
        for name in _OF_STRUCTLOG:
            if hasattr(where, name):
                _make_without_effect(where, name, find)


def _note(where: Any, name: str, find: Find, suspect: Suspect) -> None:
    original = getattr(where, name)

    @functools.wraps(original)
    def noted(*args: Any, **options: Any) -> Any:
        if (found := caller(find)) is not None:
            target = args[0] if args else None
            loggers = {target.name} if isinstance(target, logging.Logger) else set()
            if where is logging.config:  # it disables all existing loggers
                loggers = set(logging.root.manager.loggerDict)
            suspect(f"plugin {found.plugin} at {found.place}", name, loggers)
        return original(*args, **options)

    setattr(where, name, noted)


def _make_without_effect(where: Any, name: str, find: Find) -> None:
    original = getattr(where, name)

    @functools.wraps(original)
    def guarded(*args: Any, **options: Any) -> Any:
        found = caller(find)
        if found is None:
            return original(*args, **options)
        if found.registrations.refuse(_NO_EFFECT):
            _log.error(
                "Process-wide change by a plugin ignored",
                plugin=found.plugin,
                revision=found.revision,
                at=found.place,
                call=f"structlog.{name}",
            )
        return None

    setattr(where, name, guarded)
