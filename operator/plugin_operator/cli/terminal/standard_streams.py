"""Standard output and standard error that may break: a full disk, a closed pipe, a closed descriptor.

A command that cannot write its result ends with one line and status 1. A reader that has enough (``| head -1``) ends it
without a line, as with kubectl. What standard error does not take is lost.
"""

import contextlib
import io
import os
import sys
from typing import NoReturn, TextIO

import click


class OutputFailed(click.ClickException):
    """Standard output takes no more: the command prints one line and ends with status 1."""


class ResultStream(io.TextIOWrapper):
    """Standard output.

    Raises:
        OutputFailed: from ``write`` and ``flush``: the text cannot be written. What is buffered is lost.
        BrokenPipeError: from ``write`` and ``flush``: its reader has ended. click ends the process then.
    """

    def write(self, text: str) -> int:
        """Write text."""
        if text == "":  # click probes streams with it, and ignores errors
            return 0
        try:
            return super().write(text)
        except OSError as error:
            self._give_up(error)

    def flush(self) -> None:
        """Flush the buffer."""
        try:
            super().flush()
        except OSError as error:
            self._give_up(error)

    def _give_up(self, error: OSError) -> NoReturn:
        _discard_output(self)
        if isinstance(error, BrokenPipeError):
            raise error
        raise OutputFailed(f"standard output cannot be written: {error.strerror or error}") from error


class MessageStream(io.TextIOWrapper):
    """Standard error, which never fails."""

    def write(self, text: str) -> int:
        """Write text, or drop it."""
        try:
            return super().write(text)
        except OSError:
            _discard_output(self)
            return len(text)

    def flush(self) -> None:
        """Flush the buffer, or drop it."""
        try:
            super().flush()
        except OSError:
            _discard_output(self)


def guard_standard_streams() -> None:
    """Replace the standard streams of this process by ones that may break.

    A closed descriptor becomes one of ``/dev/null``, as in programs of Go: otherwise the next file or socket that opens
    has its number, and output goes there.
    """
    _open_closed_descriptors()
    sys.stdout = _guarded(sys.stdout, 1, ResultStream)
    sys.stderr = _guarded(sys.stderr, 2, MessageStream)


def _open_closed_descriptors() -> None:
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free, which is this one


def _guarded(stream: TextIO | None, number: int, kind: type[io.TextIOWrapper]) -> TextIO:
    if stream is None:  # Python has none for a descriptor that was closed
        return kind(io.FileIO(number, "w", closefd=False), errors="backslashreplace", line_buffering=True)
    if not isinstance(stream, io.TextIOWrapper):  # a test has replaced it
        return stream
    settings = {name: getattr(stream, name) for name in ("encoding", "line_buffering", "write_through")}
    # Text of plugins may have what an encoding lacks.
    return kind(stream.detach(), errors="backslashreplace", **settings)


def _discard_output(stream: io.TextIOWrapper) -> None:
    """Send what is buffered, and all that follows, to ``/dev/null``: the interpreter flushes again when it ends."""
    with contextlib.suppress(OSError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(null, stream.fileno())
        finally:
            os.close(null)
