"""The file that changes are appended to, and how it is brought back to a whole record after a write failed."""

import os
from pathlib import Path

# Bytes that no record begins with: a crash in the middle of a probe leaves an end that recovery cuts away.
_PROBE = b"\xff" * (256 * 1024)


class LogFile:
    """A file that ends with the last record that is on disk. Readable by its owner alone.

    Attributes:
        size: the bytes that are on disk for certain.

    Raises:
        OSError: it cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self.size = os.fstat(self._file).st_size

    def append(self, data: bytes) -> None:
        """Write ``data`` and wait until it is on disk.

        Raises:
            SyncFailed: the disk did not say that it is; what is on it is not known any more.
            OSError: it cannot be written; part of it may be in the file until ``repair``.
        """
        self._write(data)
        try:
            os.fsync(self._file)
        except OSError as error:
            raise SyncFailed(error.errno, error.strerror) from error
        self.size += len(data)

    def repair(self) -> None:
        """Cut away what a failed write left, and see whether the disk takes more.

        Raises:
            OSError: it does not.
        """
        os.ftruncate(self._file, self.size)
        try:
            self._write(_PROBE)
            os.fsync(self._file)
        finally:
            os.ftruncate(self._file, self.size)
        os.fsync(self._file)

    def close(self) -> None:
        """Give the file back."""
        os.close(self._file)

    def _write(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self._file, rest) :]


class SyncFailed(OSError):
    """The disk took a write and then failed: a later success says nothing of what it took before."""
