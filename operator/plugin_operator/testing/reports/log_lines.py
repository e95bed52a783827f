"""Log lines in the output of tests: those of plugins, and the operator's warnings and errors.

Owns the set-up of structlog in a test process that has none of its own. A line of the operator is shown once. It names
the author's file, not the copy that the operator loads. Tracebacks have no local variables, which may hold Secret data.
"""

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

import structlog
from structlog.types import EventDict

from plugin_operator.log_output import LineLogger, LineSink
from plugin_operator.rendering import describe, is_endless
from plugin_operator.testing.reports.tracebacks import lines_of

#: Name of the loggers of plugins.
_OF_PLUGINS = "plugin"
_QUIET = frozenset({"debug", "info"})
#: Fields that tell a test nothing.
_UNTOLD = ("logger", "reconcile_id", "replaced", "revision", "swap_milliseconds")
_REVISION = r"(?:@\d+-[0-9a-f]+)?"

#: Lines of the operator that were shown in the present test: a plugin that fails is retried many times.
_SHOWN: set[str] = set()
#: Paths of the author's files, by the folder that has their copies.
_ORIGINALS: dict[str, Callable[[str], str]] = {}


@contextmanager
def naming_originals(folder: Path, original: Callable[[str], str]) -> Iterator[None]:
    """Name the author's files in place of their copies in ``folder``.

    Args:
        folder: the plugins directory of a test.
        original: returns the path of the author's file, from that of its copy.
    """
    _ORIGINALS[str(folder)] = original
    try:
        yield
    finally:
        del _ORIGINALS[str(folder)]
        _SHOWN.clear()


def set_up() -> None:
    """Show what concerns an author, unless the test process has set up structlog by itself."""
    if structlog.is_configured():
        return
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.StackInfoRenderer(),
            structlog.dev.set_exc_info,
            _only_what_concerns_authors,
            _render,
        ],
        logger_factory=_logger,
    )


def _logger(name: str = "", *own: object) -> LineLogger:
    # pytest replaces standard output for each test.
    return LineLogger(LineSink(sys.stdout), name, is_own=bool(own) and name != _OF_PLUGINS)


def _only_what_concerns_authors(
    logger: Any, method: str, event: structlog.types.EventDict
) -> structlog.types.EventDict:
    if getattr(logger, "is_own", False) and method in _QUIET:
        raise structlog.DropEvent
    return {key: value for key, value in event.items() if key not in _UNTOLD}


def _render(logger: Any, method: str, event: EventDict) -> str:
    renderer = structlog.dev.ConsoleRenderer(
        colors=sys.stdout.isatty(), exception_formatter=_write_traceback, pad_event_to=0, pad_level=False
    )
    line = _with_originals(str(renderer(logger, method, event)))
    if getattr(logger, "is_own", False):
        if line in _SHOWN:
            raise structlog.DropEvent
        _SHOWN.add(line)
    return line


def _write_traceback(target: TextIO, exc_info: Any) -> None:
    error = exc_info[1]
    target.write("\n" + (describe(error) if is_endless(error) else lines_of(error)).rstrip("\n"))


def _with_originals(text: str) -> str:
    for folder, original in list(_ORIGINALS.items()):
        pattern = re.compile(rf"({re.escape(folder)}/[^\s:'\"@]+){_REVISION}")
        text = pattern.sub(lambda found, original=original: original(found[1]), text)  # type: ignore[misc]
    return text
