"""Structured logs: one line of JSON for each event in a pod, colours at a terminal.

Owns the set-up of structlog and the routing of the standard library's logging into it. A message is constant and what
varies is in keys: ``plugin, revision, controller, namespace, name, reconcile_id``. Tracebacks are structured and never
show local variables, for these may hold Secret data.
"""

import json
import logging
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any, Literal, TextIO, cast

import msgspec
import structlog
from structlog.tracebacks import ExceptionDictTransformer
from structlog.types import EventDict, FilteringBoundLogger, Processor

from plugin_operator.errors import UsageError
from plugin_operator.log_fields import OwnedFields, claim
from plugin_operator.log_output import LineLogger, LineSink
from plugin_operator.rendering import class_name, describe, is_endless, safe_repr, safe_text, stack_of, valid_unicode

Format = Literal["auto", "json", "console"]

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}

_MAX_FRAMES = 30
# An exception of a plugin may have 20,000 members, notes or causes; collectors of logs split or drop longer lines.
_MAX_LINE = 256 * 1024
_MAX_VALUE = 2000

_METHODS = ("debug", "info", "warning", "warn", "error", "critical", "fatal", "exception")

# Libraries that tell at info level what their callers tell better, or at debug level whole answers, Secrets included.
_CHATTY = ("watchfiles", "kubernetes_asyncio.client.rest")


# Handed to the logger factory by this module's functions only.
_OWN = object()

OwnerOf = Callable[[str, str], tuple[str, str, str] | None]
"""Returns plugin, revision and readable name of a logger, asked by its name and the file name of the code that logs."""

_owners: list[OwnerOf] = []


def name_plugins(find: OwnerOf) -> None:
    """Make lines of the standard library's logging carry the plugin and revision they come from."""
    _owners[:] = [find]


def owner_of(name: str, filename: str) -> tuple[str, str, str] | None:
    """Return plugin, revision and readable name of a logger, or of code by its file name; None if it is no plugin's."""
    return _owners[0](name, filename) if _owners else None


RunningFields = Callable[[], dict[str, str]]
"""Returns plugin, revision and, in a reconcile, the other fields of the code that runs; empty outside of plugins."""

_running: list[RunningFields] = []


def name_running_code(find: RunningFields) -> None:
    """Make lines that plugins write with loggers of their own carry the fields of the code that runs."""
    _running[:] = [find]


def running_fields() -> dict[str, str]:
    """Return plugin, revision and, in a reconcile, the other fields of the code that runs; empty outside of plugins."""
    return _running[0]() if _running else {}


def _claim_line(logger: Any, _method: str, event: EventDict) -> EventDict:
    """Name the plugin whose code writes a line, whatever the line says; the operator's own lines say what they say."""
    record = event.get("_record") if logger is None else None
    if record is None and getattr(logger, "is_own", False):
        return event
    running = running_fields()
    if record is not None:
        found = owner_of(record.name, record.pathname)
        if found is not None:
            event["logger"] = found[2]
            # Where it stands counts before the name of the logger, which anybody may use.
            found = owner_of("", record.pathname) or found
    else:
        found = None if running else _calling_plugin()
    owner = running or ({"plugin": found[0], "revision": found[1]} if found is not None else {})
    return claim(event, owner) if owner else event


def _calling_plugin() -> tuple[str, str, str] | None:
    """Return whose code is logging, by the frames: a thread of a plugin's own does not say which reconcile it is of."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - the documented way to see who calls
    while frame is not None:
        if (found := owner_of("", frame.f_code.co_filename)) is not None:
            return found
        frame = frame.f_back
    return None


def get_logger(name: str, **fields: Any) -> FilteringBoundLogger:
    """Return a logger whose lines carry ``logger=name`` and ``fields``; cheap, and fine at module level."""
    return cast("FilteringBoundLogger", structlog.get_logger(name, _OWN, **fields))


def owned_logger(name: str, **fields: Any) -> FilteringBoundLogger:
    """Return a logger for plugin code: what it is bound to of ``OWNED`` stays, whatever is bound or logged later."""
    made = structlog.wrap_logger(None, context_class=OwnedFields, logger_factory_args=(name, _OWN), **fields)
    return cast("FilteringBoundLogger", made)


def configure(log_format: Format = "auto", level: str = "info", stream: TextIO | None = None) -> None:
    """Send everything that is logged in this process to ``stream``, replacing any earlier set-up.

    Args:
        log_format: ``json``, ``console``, or ``auto``: console if ``stream`` is a terminal.
        level: one of ``LEVELS``; what is below it costs next to nothing.
        stream: standard error unless given. If it breaks, lines are lost but nobody is harmed.

    Raises:
        UsageError: unknown level or format.
    """
    if level not in LEVELS:
        raise UsageError(f"unknown log level {level!r}: use one of {', '.join(LEVELS)}")
    if log_format not in {"auto", "json", "console"}:
        raise UsageError(f"unknown log format {log_format!r}: use auto, json or console")
    target = stream if stream is not None else sys.stderr
    terminal = target.isatty()
    console = log_format == "console" or (log_format == "auto" and terminal)
    shared = _shared_processors(console=console)
    final = _console_renderer(colors=terminal) if console else render_json
    sink = LineSink(target)
    structlog.configure(
        processors=[_never_raising([*shared, final])],
        wrapper_class=_never_raising_logger(LEVELS[level]),
        logger_factory=lambda name="", own=None: LineLogger(sink, name, is_own=own is _OWN),
        cache_logger_on_first_use=True,
    )
    _route_standard_logging(shared, final, sink, LEVELS[level])


def render_json(_logger: Any, _method: str, event: EventDict) -> str:
    """Render one event as JSON; a value JSON cannot hold is shown by its ``repr``."""
    try:
        return msgspec.json.encode(event, enc_hook=safe_repr).decode()
    except (ValueError, OverflowError, TypeError, RecursionError):
        # msgspec refuses lone surrogates, integers above 64 bits and odd keys: a log line is no place to fail.
        return json.dumps({safe_text(key): _harmless(value) for key, value in event.items()}, default=safe_repr)


def _harmless(value: Any) -> Any:
    try:
        json.dumps(value, default=safe_repr)
    except (ValueError, TypeError, RecursionError):
        return safe_repr(value)
    return value


def _never_raising(processors: list[Processor]) -> Processor:
    """Return one processor that does the work of all, and renders a plain line if one of them raises.

    Values of log lines are foreign: their ``__repr__``, and the classes of exceptions, do as they like.
    """

    def process(logger: Any, method: str, event: EventDict) -> Any:
        fields = dict(event)
        result: Any = event
        try:
            for processor in processors:
                result = processor(logger, method, result)
        except structlog.DropEvent:
            raise
        except BaseException as error:  # noqa: BLE001 - whoever logs must not fail for it
            trouble = f"a value raised {class_name(error)} while the line was rendered"
            return _fallback_line({**fields, "level": method}, trouble)
        if len(result) > _MAX_LINE:
            return _fallback_line({**fields, "level": method}, f"cut from {len(result):,} characters")
        return result

    return process


def _fallback_line(fields: dict[Any, Any], trouble: str) -> str:
    """Return a plain line that has every field, cut, and says why it is so plain."""
    plain = {safe_text(key): valid_unicode(value)[:_MAX_VALUE] for key, value in fields.items()}
    return json.dumps({**plain, "rendering": trouble})


def _never_raising_logger(level: int) -> type[Any]:
    """Return structlog's filtering logger with positional arguments formatted by what never raises."""
    base: Any = structlog.make_filtering_bound_logger(level)
    methods = {name: _formatting(getattr(base, name)) for name in _METHODS}
    return type("BoundLogger", (base,), methods)


def _formatting(method: Any) -> Any:
    def log(self: Any, event: Any = None, *args: Any, **fields: Any) -> Any:
        try:
            return method(self, event, *args, **fields)
        except BaseException as error:
            # The processors never raise, so this is the formatting of arguments: a value's own __str__.
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
    """Show of an exception without an end what it is and where it was raised, and no traceback."""
    given = event.get("exc_info")
    error = sys.exc_info()[1] if given is True else given[1] if type(given) is tuple else given
    if error is None or not issubclass(type(error), BaseException) or not is_endless(error):
        return event
    del event["exc_info"]
    event.setdefault("error", describe(error))
    event["raised_at"] = list(stack_of(error))
    return event


def _console_renderer(*, colors: bool) -> Processor:
    renderer = structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=structlog.dev.plain_traceback)

    def render(logger: Any, method: str, event: EventDict) -> str:
        # What is called "stack" is appended to the line as it is: with a list it raised, in whoever logged.
        if not isinstance(event.get("stack", ""), str):
            event["stack"] = repr(event["stack"])
        return renderer(logger, method, event)

    return render


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
    """Writes what is logged by the standard library; a record that cannot be rendered costs its line and no more."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        # Marks of a line that structlog has made, which ours never has here: with them a plugin would skip the chain.
        record.__dict__.pop("_logger", None)
        try:
            line = self.format(record) + self.terminator
        except BaseException as error:  # noqa: BLE001 - an argument's __str__ is foreign code
            line = self._plain(record, f"a value raised {class_name(error)} while the line was rendered")
        if len(line) > _MAX_LINE:
            line = self._plain(record, f"cut from {len(line):,} characters")
        self.stream.write(line)
        self.flush()

    def _plain(self, record: logging.LogRecord, trouble: str) -> str:
        facts = {"level": record.levelname.lower(), "logger": record.name, "event": record.msg}
        return _fallback_line(facts, trouble) + self.terminator
