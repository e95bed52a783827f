"""Calls by which a plugin's code changes what all code of the process shares.

Owns noticing who calls: functions of ``logging`` work, and what they change is found and put back by ``process_state``,
which is told the caller here. The set-up of structlog is the operator's alone: from a plugin, those calls do nothing.
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
    """Whose call it is.

    Args:
        plugin, revision: the plugin's.
        place: the line, as ``path:line``.
        registrations: of the revision.
    """

    __slots__ = ("place", "plugin", "registrations", "revision")

    def __init__(self, plugin: str, revision: str, place: str, registrations: Registrations) -> None:
        self.plugin = plugin
        self.revision = revision
        self.place = place
        self.registrations = registrations


Find = Callable[[str, str, int], Caller | None]
"""Returns the caller for name of a module, file name and line of a frame, or None if that is no plugin's."""
Suspect = Callable[[str, str, set[str]], None]


def install(find: Find, suspect: Suspect) -> None:
    """Notice such calls from now on; once for the process.

    Args:
        find: whose frame it is.
        suspect: ``ImportGuard.suspect``.
    """
    for where, name in _NOTED:
        _note(where, name, find, suspect)
    for where in (structlog, structlog.stdlib, structlog._config):  # noqa: SLF001 - where others take them from
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
            if where is logging.config:  # it disables all loggers that are there
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
