"""Content and state of one file.

Owns the decision whether a file must be read again: see ``TreeFile.is_like``.
"""

import hashlib
import os

import msgspec

MAX_FILE_BYTES = 1024 * 1024
# File systems have timestamps of up to two seconds resolution: two writes within one tick have the same times.
_TICK_SECONDS = 2.0


class Stamp(msgspec.Struct, frozen=True):
    """``stat`` fields that change with the content of a file; equal stamps do not prove equal content."""

    device: int
    inode: int
    size: int
    mtime_ns: int
    ctime_ns: int

    @classmethod
    def of(cls, found: os.stat_result) -> "Stamp":
        """Return the stamp of a ``stat`` result."""
        return cls(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


class TreeFile(msgspec.Struct, frozen=True):
    """One file with its content.

    Attributes:
        content: bytes of the file.
        stamp: state of the file when it was read.
        is_atomic: whether it is below ``..data``, where files appear complete.
        is_changing: whether it changed while it was read.
        digest: SHA-256 of ``content``.
        is_cold: whether it was read long enough after its last change that a later change has another stamp.
    """

    content: bytes
    stamp: Stamp
    is_atomic: bool
    is_changing: bool
    digest: str = ""
    is_cold: bool = False

    def is_like(self, found: os.stat_result, *, is_atomic: bool) -> bool:
        """Report whether inode, size and both times are unchanged, so that the file need not be read again.

        This is a heuristic, because times can be set back; so each file is also read again at a slower pace.
        """
        stamp = self.stamp
        return (
            self.is_cold
            and stamp.ctime_ns == found.st_ctime_ns
            and stamp.mtime_ns == found.st_mtime_ns
            and stamp.size == found.st_size
            and stamp.inode == found.st_ino
            and stamp.device == found.st_dev
            and self.is_atomic == is_atomic
        )

    def is_same(self, other: "TreeFile") -> bool:
        """Report whether another read has the same content and adds no information."""
        return (
            self.is_cold == other.is_cold
            and self.stamp == other.stamp
            and self.digest == other.digest
            and self.is_atomic == other.is_atomic
            and not self.is_changing
            and not other.is_changing
        )


def read_file(path: str, *, is_atomic: bool, wall: float) -> TreeFile:
    """Read one file and return it.

    Args:
        path: location of the file; a pipe does not block.
        is_atomic: as in ``TreeFile``.
        wall: current time in seconds since the epoch.

    Raises:
        OSError: the file cannot be read.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        before = Stamp.of(os.fstat(descriptor))
        content = b"".join(_chunks(descriptor, MAX_FILE_BYTES + 1))
        after = Stamp.of(os.fstat(descriptor))
    finally:
        os.close(descriptor)
    changing = before != after or len(content) != after.size
    is_cold = not changing and all(_is_far(wall, time_ns) for time_ns in (after.mtime_ns, after.ctime_ns))
    return TreeFile(content, after, is_atomic, changing, hashlib.sha256(content).hexdigest(), is_cold)


def _is_far(wall: float, time_ns: int) -> bool:
    """Report whether a change now would get another timestamp; True for one in the future, as clocks are set back."""
    return abs(wall - time_ns / 1e9) > _TICK_SECONDS


def _chunks(descriptor: int, most: int) -> list[bytes]:
    chunks = []
    while most > 0 and (chunk := os.read(descriptor, most)):
        chunks.append(chunk)
        most -= len(chunk)
    return chunks
