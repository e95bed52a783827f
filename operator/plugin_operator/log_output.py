"""Where rendered log lines go: to a stream that may break, in whole lines.

Owns writing. What a line says is left to ``logs``.
"""

from typing import TextIO


class LineSink:
    """Writes to a stream that may break at any time: a closed pipe must not fail a reconcile."""

    __slots__ = ("_stream",)

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write what the stream's encoding can hold, the rest escaped; return 0 if the stream is broken."""
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
    """What structlog hands a rendered line to.

    ``name`` is what ``add_logger_name`` reads; ``is_own`` says that the operator has made it.
    """

    __slots__ = ("_sink", "is_own", "name")

    def __init__(self, sink: LineSink, name: str, *, is_own: bool) -> None:
        self._sink = sink
        self.name = name
        self.is_own = is_own

    def msg(self, line: str) -> None:
        """Write in one piece, so that lines of threads do not mix."""
        self._sink.write(line + "\n")
        self._sink.flush()

    debug = info = warning = error = critical = exception = msg
