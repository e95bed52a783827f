"""The file of the write-ahead log: appends, and repair after a failed write."""

import os
from pathlib import Path

# No record begins with these bytes, so recovery truncates what a crash leaves of a probe.
_PROBE = b"\xff" * (256 * 1024)


class LogFile:
    """An append-only file with mode 0600. Up to ``size`` it has complete records only.

    Attributes:
        size: the number of bytes that are safely on disk.

    Raises:
        OSError: the file cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self.size = os.fstat(self._file).st_size

    def append(self, data: bytes) -> None:
        """Append ``data`` and fsync.

        Raises:
            SyncFailed: the fsync failed, so the content on disk is unknown.
            OSError: the write failed. A part of it may be in the file until ``repair``.
        """
        self._write(data)
        try:
            os.fsync(self._file)
        except OSError as error:
            raise SyncFailed(error.errno, error.strerror) from error
        self.size += len(data)

    def repair(self) -> None:
        """Truncate the remains of a failed write, then probe whether the disk accepts writes.

        Raises:
            OSError: the disk rejects writes.
        """
        os.ftruncate(self._file, self.size)
        try:
            self._write(_PROBE)
            os.fsync(self._file)
        finally:
            os.ftruncate(self._file, self.size)
        os.fsync(self._file)

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)

    def _write(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self._file, rest) :]


class SyncFailed(OSError):
    """An fsync failed. The kernel may have dropped the data, so a later fsync that succeeds proves nothing about it."""
