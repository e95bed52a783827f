"""One file as bytes, and what tells one state of it from another.

Owns the judgement of when a file need not be read again: see ``TreeFile.is_like``.
"""

import hashlib
import os
from dataclasses import dataclass

MAX_FILE_BYTES = 1024 * 1024
# File systems count in ticks of up to two seconds: within one, a second write leaves the same times as the first.
_TICK_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Stamp:
    """What tells one state of a file from another without reading it; a hint, never proof of sameness."""

    device: int
    inode: int
    size: int
    mtime_ns: int
    ctime_ns: int

    @classmethod
    def of(cls, found: os.stat_result) -> "Stamp":
        """Take it from ``stat``."""
        return cls(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


@dataclass(frozen=True, slots=True)
class TreeFile:
    """One file that was read.

    Attributes:
        content: its bytes.
        stamp: its state when it was read.
        is_atomic: it lies where only whole files appear (below ``..data``).
        is_changing: it changed under the reader's eyes.
        digest: SHA-256 of ``content``.
        is_cold: it was read well after its last change, so that any later change gets another stamp.
    """

    content: bytes
    stamp: Stamp
    is_atomic: bool
    is_changing: bool
    digest: str = ""
    is_cold: bool = False

    def is_like(self, found: os.stat_result, *, is_atomic: bool) -> bool:
        """Tell whether reading it again promises nothing new: inode, size and both times are as they were.

        A hint that saves work, not proof: times can be set back. So each file is read again at a slower pace as well.
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
        """Tell whether another read brought the very same, and nothing is to be learnt from the newer one."""
        return (
            self.is_cold == other.is_cold
            and self.stamp == other.stamp
            and self.digest == other.digest
            and self.is_atomic == other.is_atomic
            and not self.is_changing
            and not other.is_changing
        )


def read_file(path: str, *, is_atomic: bool, wall: float) -> TreeFile:
    """Read one file.

    Args:
        path: where it lies; never waits if it is a pipe.
        is_atomic: as in ``TreeFile``.
        wall: seconds since the epoch, now.

    Raises:
        OSError: it cannot be read.
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
    """Tell whether a change now would get another time; one in the future is far too, for clocks are set back."""
    return abs(wall - time_ns / 1e9) > _TICK_SECONDS


def _chunks(descriptor: int, most: int) -> list[bytes]:
    chunks = []
    while most > 0 and (chunk := os.read(descriptor, most)):
        chunks.append(chunk)
        most -= len(chunk)
    return chunks
