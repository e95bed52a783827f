"""Output of rendered log lines to a stream that may break.

Owns writing, in whole lines. Leaves rendering to ``logs``.
"""

from typing import TextIO


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
