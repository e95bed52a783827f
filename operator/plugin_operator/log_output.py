"""Lines of the log: events as JSON for a collector or as text for a terminal, and the stream, which may break.

Values come from plugins and servers. No character of theirs is one that a terminal obeys. Leaves levels, fields and
the standard library's logging to ``logs``.
"""

import io
import json
from typing import Any, TextIO

import msgspec

from plugin_operator.imports import hidden
from plugin_operator.rendering import safe_repr, safe_text, terminal_line, terminal_text

with hidden("rich"):
    import structlog
    from structlog.types import EventDict, ExcInfo, Processor


class LineSink:
    """Writer that ignores a broken stream: a closed pipe must not fail a reconcile."""

    __slots__ = ("_stream",)

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write ``text``, escaping what the stream's encoding lacks; return 0 if the stream is broken."""
        try:
            return self._stream.write(text)
        except UnicodeEncodeError:
            return self._stream.write(text.encode("ascii", "backslashreplace").decode("ascii"))
        except (OSError, ValueError):
            return 0

    def flush(self) -> None:
        """Flush, unless the stream is broken."""
        try:
            self._stream.flush()
        except (OSError, ValueError):
            return


class LineLogger:
    """The underlying logger of structlog, which writes rendered lines.

    ``add_logger_name`` reads ``name``; ``is_own`` marks a logger of the operator.
    """

    __slots__ = ("_sink", "is_own", "name")

    def __init__(self, sink: LineSink, name: str, *, is_own: bool) -> None:
        self._sink = sink
        self.name = name
        self.is_own = is_own

    def msg(self, line: str) -> None:
        """Write ``line`` in one call, so that lines of different threads do not interleave."""
        self._sink.write(line + "\n")
        self._sink.flush()

    debug = info = warning = error = critical = exception = msg


def render_json(_logger: Any, _method: str, event: EventDict) -> str:
    """Render one event as JSON; values that JSON cannot encode become their ``repr``."""
    try:
        line = msgspec.json.encode(event, enc_hook=safe_repr).decode()
    except (ValueError, OverflowError, TypeError, RecursionError):
        # msgspec rejects lone surrogates, integers above 64 bits and non-text keys; logging must not fail on them.
        line = json.dumps({safe_text(key): _harmless(value) for key, value in event.items()}, default=safe_repr)
    # JSON may have DEL, C1 controls and overrides of direction as they are; a terminal that shows the line must not.
    return line if line.isprintable() else "".join(map(_escaped, line))


def _escaped(char: str) -> str:
    return char if char.isprintable() else json.dumps(char)[1:-1]


def _harmless(value: Any) -> Any:
    try:
        json.dumps(value, default=safe_repr)
    except (ValueError, TypeError, RecursionError):
        return safe_repr(value)
    return value


def console_renderer(*, colors: bool) -> Processor:
    """Return the last processor of a log at a terminal."""
    renderer = structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=_write_traceback)

    def render(logger: Any, method: str, event: EventDict) -> str:
        # structlog's console renderer appends the key "stack" as text: a list there made the log call raise.
        if not isinstance(event.get("stack", ""), str):
            event["stack"] = repr(event["stack"])
        return renderer(logger, method, {terminal_line(key): _for_terminal(each) for key, each in event.items()})

    return render


def _write_traceback(target: TextIO, exc_info: ExcInfo) -> None:
    text = io.StringIO()
    structlog.dev.plain_traceback(text, exc_info)
    target.write(terminal_text(text.getvalue()))


def _for_terminal(value: Any) -> Any:
    """Return a value that structlog renders without control characters; ``exc_info`` is one it renders by itself."""
    if value is None or isinstance(value, int | float | BaseException | tuple):
        return value
    return terminal_text(value) if isinstance(value, str) else _Shown(value)


class _Shown:
    """A value of a plugin, whose ``__repr__`` may return anything."""

    __slots__ = ("_value",)

    def __init__(self, value: Any) -> None:
        self._value = value

    def __repr__(self) -> str:
        return terminal_line(safe_repr(self._value))
