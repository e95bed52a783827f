"""Structured logs: one line of JSON for each event in a pod, colours at a terminal.

Owns the set-up of structlog and the routing of the standard library's logging into it. A message is constant and what
varies is in keys: ``plugin, revision, controller, namespace, name, reconcile_id``. Tracebacks are structured and never
show local variables, for these may hold Secret data.
"""

import json
import logging
import sys
from typing import Any, Literal, TextIO, cast

import msgspec
import structlog
from structlog.tracebacks import ExceptionDictTransformer
from structlog.types import EventDict, FilteringBoundLogger, Processor

from plugin_operator.errors import UsageError

Format = Literal["auto", "json", "console"]

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}

_MAX_FRAMES = 30

# Libraries that tell at info level what their callers tell better.
_CHATTY = ("watchfiles",)


def get_logger(name: str, **fields: Any) -> FilteringBoundLogger:
    """Return a logger whose lines carry ``logger=name`` and ``fields``; cheap, and fine at module level."""
    return cast("FilteringBoundLogger", structlog.get_logger(name, **fields))


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
    sink = _Sink(target)
    structlog.configure(
        processors=[*shared, final],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=lambda name="": _LineLogger(sink, name),
        cache_logger_on_first_use=True,
    )
    _route_standard_logging(shared, final, sink, LEVELS[level])


def render_json(_logger: Any, _method: str, event: EventDict) -> str:
    """Render one event as JSON; a value JSON cannot hold is shown by its ``repr``."""
    try:
        return msgspec.json.encode(event, enc_hook=repr).decode()
    except (ValueError, OverflowError, TypeError, RecursionError):
        # msgspec refuses lone surrogates, integers above 64 bits and odd keys: a log line is no place to fail.
        return json.dumps({str(key): _harmless(value) for key, value in event.items()}, default=repr)


def _harmless(value: Any) -> Any:
    try:
        json.dumps(value, default=repr)
    except (ValueError, TypeError, RecursionError):
        return repr(value)
    return value


def _shared_processors(*, console: bool) -> list[Processor]:
    processors: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="%H:%M:%S.%f" if console else "iso", utc=not console),
        structlog.processors.StackInfoRenderer(),
    ]
    if not console:
        transformer = ExceptionDictTransformer(show_locals=False, max_frames=_MAX_FRAMES, use_rich=False)
        processors.append(structlog.processors.ExceptionRenderer(transformer))
    return processors


def _console_renderer(*, colors: bool) -> Processor:
    renderer = structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=structlog.dev.plain_traceback)

    def render(logger: Any, method: str, event: EventDict) -> str:
        # What is called "stack" is appended to the line as it is: with a list it raised, in whoever logged.
        if not isinstance(event.get("stack", ""), str):
            event["stack"] = repr(event["stack"])
        return renderer(logger, method, event)

    return render


def _route_standard_logging(shared: list[Processor], final: Processor, sink: "_Sink", level: int) -> None:
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, final],
    )
    handler = logging.StreamHandler(cast("TextIO", sink))
    handler.setFormatter(formatter)
    root = logging.getLogger()
    for old in [old for old in root.handlers if isinstance(old.formatter, structlog.stdlib.ProcessorFormatter)]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))


class _Sink:
    """Writes to a stream that may break at any time: a closed pipe must not fail a reconcile."""

    __slots__ = ("_stream",)

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text)
        except UnicodeEncodeError:
            return self._stream.write(text.encode("ascii", "backslashreplace").decode("ascii"))
        except (OSError, ValueError):
            return 0

    def flush(self) -> None:
        try:
            self._stream.flush()
        except (OSError, ValueError):
            return


class _LineLogger:
    """What structlog hands a rendered line to; ``name`` is what ``add_logger_name`` reads."""

    __slots__ = ("_sink", "name")

    def __init__(self, sink: _Sink, name: str) -> None:
        self._sink = sink
        self.name = name

    def msg(self, line: str) -> None:
        """Write in one piece, so that lines of threads do not mix."""
        self._sink.write(line + "\n")
        self._sink.flush()

    debug = info = warning = error = critical = exception = msg
