"""Splitting a byte stream into lines, of any length up to a limit.

Only the newline byte separates: JSON never contains one outside of whitespace, and other line ends of Unicode do occur
inside its strings.
"""

from plugin_operator.errors import ApiConnectionError

MAX_LINE_BYTES = 64 * 2**20


class LineSplitter:
    """Keeps the beginning of a line until its end arrives."""

    __slots__ = ("_limit", "_pending", "_size")

    def __init__(self, limit: int = MAX_LINE_BYTES) -> None:
        self._limit = limit
        self._pending: list[bytes] = []
        self._size = 0

    @property
    def pending(self) -> int:
        """The number of bytes of the line that has not ended."""
        return self._size

    def push(self, data: bytes) -> list[bytes]:
        """Return the lines that ``data`` completes.

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
                self._pending.clear()  # the error may be kept for a while, and what holds it with it
                self._size = 0
                raise ApiConnectionError(f"a line of the stream is longer than {self._limit} bytes")
        return lines
