"""Structured logs: one JSON object per line in a pod, colours at a terminal.

Owns the set-up of structlog and the routing of the standard library's logging into it. Messages are constant; variables
are keys: ``plugin, revision, controller, namespace, name, reconcile_id``. Tracebacks are structured and omit local
variables, which may hold Secret data.
"""

import json
import logging
import os
import sys
from collections.abc import Callable, Mapping
from types import FrameType
from typing import Any, Literal, TextIO, cast

from plugin_operator.errors import UsageError
from plugin_operator.imports import hidden
from plugin_operator.log_fields import OwnedFields, claim
from plugin_operator.log_output import LineLogger, LineSink, console_renderer, render_json
from plugin_operator.rendering import (
    class_name,
    describe,
    is_endless,
    safe_text,
    stack_of,
    valid_unicode,
)

with hidden("rich"):
    import structlog
    from structlog.tracebacks import ExceptionDictTransformer
    from structlog.types import EventDict, FilteringBoundLogger, Processor

Format = Literal["auto", "json", "console"]

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}

_MAX_FRAMES = 30
# A plugin's exception may have 20,000 members, notes or causes; log collectors split or drop long lines.
_MAX_LINE = 256 * 1024
_MAX_VALUE = 2000

_METHODS = ("debug", "info", "warning", "warn", "error", "critical", "fatal", "exception")

# Libraries whose debug lines show whole responses, Secrets included.
_CHATTY = ("kubernetes_asyncio.client.rest",)


# Only functions of this module pass it to the logger factory.
_OWN = object()

OwnerOf = Callable[[str, str], tuple[str, str, str] | None]
"""Maps a logger's name and the file name of the logging code to plugin, revision and display name."""

_owners: list[OwnerOf] = []


def name_plugins(find: OwnerOf) -> None:
    """Install the function that attributes standard-library log records to a plugin and revision."""
    _owners[:] = [find]


def owner_of(name: str, filename: str) -> tuple[str, str, str] | None:
    """Return plugin, revision and display name for a logger name or a code file name; None outside of plugins."""
    return _owners[0](name, filename) if _owners else None


RunningFields = Callable[[], dict[str, str]]
"""Returns plugin, revision and, in a reconcile, the other fields of the running code; empty outside of plugins."""

_running: list[RunningFields] = []


def name_running_code(find: RunningFields) -> None:
    """Install the function that returns the fields of the running code, for lines of a plugin's own loggers."""
    _running[:] = [find]


def running_fields() -> dict[str, str]:
    """Return plugin, revision and, in a reconcile, the other fields of the running code; empty outside of plugins."""
    return _running[0]() if _running else {}


def _claim_line(logger: Any, _method: str, event: EventDict) -> EventDict:
    """Set the owned fields to those of the plugin whose code logs; leave the operator's own lines alone."""
    record = event.get("_record") if logger is None else None
    if record is None and getattr(logger, "is_own", False):
        return event
    running = running_fields()
    if record is not None:
        found = owner_of(record.name, record.pathname)
        if found is not None:
            event["logger"] = found[2]
            # The calling frame decides before the name of the logger, which any code may use.
            found = owner_of("", record.pathname) or found
    else:
        found = None if running else _calling_plugin()
    owner = running or ({"plugin": found[0], "revision": found[1]} if found is not None else {})
    return claim(event, owner) if owner else event


def _calling_plugin() -> tuple[str, str, str] | None:
    """Return the plugin whose code is logging, by its stack: threads that plugins start have no context variables."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - the documented way to find the caller
    while frame is not None:
        if (found := owner_of("", frame.f_code.co_filename)) is not None:
            return found
        frame = frame.f_back
    return None


def get_logger(name: str, **fields: Any) -> FilteringBoundLogger:
    """Return a logger that adds ``logger=name`` and ``fields`` to each line; cheap enough for module level."""
    return cast("FilteringBoundLogger", structlog.get_logger(name, _OWN, **fields))


def owned_logger(name: str, **fields: Any) -> FilteringBoundLogger:
    """Return a logger for plugin code, whose ``OWNED`` fields no later ``bind`` or log call can change."""
    made = structlog.wrap_logger(None, context_class=OwnedFields, logger_factory_args=(name, _OWN), **fields)
    return cast("FilteringBoundLogger", made)


def configure(
    log_format: Format = "auto", level: str = "info", stream: TextIO | None = None, **constant: str | int
) -> None:
    """Send all logs of this process to ``stream`` and replace any earlier set-up.

    Args:
        log_format: ``json``, ``console``, or ``auto``: console if ``stream`` is a terminal.
        level: one of ``LEVELS``; lines below it cost next to nothing.
        stream: standard error by default. If it breaks, lines are lost and the process continues.
        constant: fields of every line.

    Raises:
        UsageError: ``level`` or ``log_format`` is unknown.
    """
    if level not in LEVELS:
        raise UsageError(f"unknown log level {level!r}: use one of {', '.join(LEVELS)}")
    if log_format not in {"auto", "json", "console"}:
        raise UsageError(f"unknown log format {log_format!r}: use auto, json or console")
    target = stream if stream is not None else sys.stderr
    terminal = target.isatty()
    console = log_format == "console" or (log_format == "auto" and terminal)
    shared = [*([_adding(constant)] if constant else []), *_shared_processors(console=console)]
    final = console_renderer(colors=terminal and _has_colors()) if console else render_json
    sink = LineSink(target)
    structlog.configure(
        processors=[_never_raising([*shared, final])],
        wrapper_class=_never_raising_logger(LEVELS[level]),
        logger_factory=lambda name="", own=None: LineLogger(sink, name, is_own=own is _OWN),
        cache_logger_on_first_use=True,
    )
    _route_standard_logging(shared, final, sink, LEVELS[level])


def _adding(constant: Mapping[str, str | int]) -> Processor:
    def add(_logger: Any, _method: str, event: EventDict) -> EventDict:
        event.update(constant)
        return event

    return add


def _never_raising(processors: list[Processor]) -> Processor:
    """Return one processor that runs all ``processors``, and renders a fallback line if one of them raises.

    The ``__repr__`` of a logged value and the class of a logged exception may come from a plugin and may raise.
    """

    def process(logger: Any, method: str, event: EventDict) -> Any:
        fields = dict(event)
        result: Any = event
        try:
            for processor in processors:
                result = processor(logger, method, result)
        except structlog.DropEvent:
            raise
        except BaseException as error:  # noqa: BLE001 - a value's __repr__ must not fail the caller
            trouble = f"a value raised {class_name(error)} while the line was rendered"
            return _fallback_line({**fields, "level": method}, trouble)
        if len(result) > _MAX_LINE:
            return _fallback_line({**fields, "level": method}, f"cut from {len(result):,} characters")
        return result

    return process


def _fallback_line(fields: dict[Any, Any], trouble: str) -> str:
    """Return a line with every field truncated, and the reason why rendering failed."""
    plain = {safe_text(key): valid_unicode(value)[:_MAX_VALUE] for key, value in fields.items()}
    return json.dumps({**plain, "rendering": trouble})


def _never_raising_logger(level: int) -> type[Any]:
    """Return structlog's filtering logger with a formatting of positional arguments that never raises."""
    base: Any = structlog.make_filtering_bound_logger(level)
    methods = {name: _formatting(getattr(base, name)) for name in _METHODS}
    return type("BoundLogger", (base,), methods)


def _formatting(method: Any) -> Any:
    def log(self: Any, event: Any = None, *args: Any, **fields: Any) -> Any:
        try:
            return method(self, event, *args, **fields)
        except BaseException as error:
            # The processors never raise, so the formatting of an argument did: the __str__ of a value.
            if not args:
                raise
            event = f"{safe_text(event)} <arguments raised {class_name(error)}>"
        return method(self, event, **fields)

    return log


def _shared_processors(*, console: bool) -> list[Processor]:
    processors: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="%H:%M:%S.%f" if console else "iso", utc=not console),
        structlog.processors.StackInfoRenderer(),
        _describe_endless_exceptions,
        _claim_line,
    ]
    if not console:
        transformer = ExceptionDictTransformer(show_locals=False, max_frames=_MAX_FRAMES, use_rich=False)
        processors.append(structlog.processors.ExceptionRenderer(transformer))
    return processors


def _describe_endless_exceptions(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Replace the traceback of an endless exception by its type and the place where it was raised."""
    given = event.get("exc_info")
    error = sys.exc_info()[1] if given is True else given[1] if type(given) is tuple else given
    if error is None or not issubclass(type(error), BaseException) or not is_endless(error):
        return event
    del event["exc_info"]
    event.setdefault("error", describe(error))
    event["raised_at"] = list(stack_of(error))
    return event


def _has_colors() -> bool:
    """Report whether the environment wants colours; NO_COLOR (no-color.org) counts if it is not empty."""
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _route_standard_logging(shared: list[Processor], final: Processor, sink: LineSink, level: int) -> None:
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, final],
    )
    handler = _Handler(cast("TextIO", sink))
    handler.setFormatter(formatter)
    root = logging.getLogger()
    for old in [old for old in root.handlers if isinstance(old.formatter, structlog.stdlib.ProcessorFormatter)]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))


class _Handler(logging.StreamHandler[TextIO]):
    """Logging handler for standard-library records; a record that cannot be rendered loses its line only."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        # structlog marks its own records with these; a plugin that sets them would bypass the processors.
        record.__dict__.pop("_logger", None)
        try:
            line = self.format(record) + self.terminator
        except BaseException as error:  # noqa: BLE001 - an argument's __str__ may be plugin code
            line = self._plain(record, f"a value raised {class_name(error)} while the line was rendered")
        if len(line) > _MAX_LINE:
            line = self._plain(record, f"cut from {len(line):,} characters")
        self.stream.write(line)
        self.flush()

    def _plain(self, record: logging.LogRecord, trouble: str) -> str:
        facts = {"level": record.levelname.lower(), "logger": record.name, "event": record.msg}
        return _fallback_line(facts, trouble) + self.terminator
