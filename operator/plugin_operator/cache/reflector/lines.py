"""Splitting a byte stream into lines with a length limit.

Only the newline byte separates lines: JSON contains it as whitespace only, while other Unicode line ends occur inside
strings.
"""

from plugin_operator.errors import ApiConnectionError

MAX_LINE_BYTES = 64 * 2**20


class LineSplitter:
    """Splitter that buffers an incomplete line until its newline arrives."""

    __slots__ = ("_limit", "_pending", "_size")

    def __init__(self, limit: int = MAX_LINE_BYTES) -> None:
        self._limit = limit
        self._pending: list[bytes] = []
        self._size = 0

    @property
    def pending(self) -> int:
        """Number of buffered bytes of the incomplete line."""
        return self._size

    def push(self, data: bytes) -> list[bytes]:
        """Add ``data`` and return the lines that are complete now.

        Raises:
            ApiConnectionError: a line is longer than the limit.
        """
        lines = data.split(b"\n")
        rest = lines.pop()
        if lines and self._pending:
            self._pending.append(lines[0])
            lines[0] = b"".join(self._pending)
            self._pending.clear()
            self._size = 0
        if rest:
            self._pending.append(rest)
            self._size += len(rest)
            if self._size > self._limit:
                self._pending.clear()  # the traceback of the error keeps this object alive
                self._size = 0
                raise ApiConnectionError(f"a line of the stream is longer than {self._limit} bytes")
        return lines
