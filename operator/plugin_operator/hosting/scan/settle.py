"""Settling: when a file counts as completely written.

A file that an editor writes in place may be valid Python before it is complete. It has settled once its state has not
changed for a while; a file that was renamed into place has settled at once. File times can only delay that: they never
prove that a file is unchanged.
"""

import math
from collections.abc import Mapping

import msgspec

from plugin_operator.hosting.scan.tree import Stamp, Tree

SETTLE_SECONDS = 0.3
VANISH_SECONDS = 0.5


class Unsettled(msgspec.Struct, frozen=True):
    """Files that have not settled.

    Attributes:
        changing: files that may still be written.
        vanished: files that were deleted too recently to count as deleted.
        retry_after_seconds: time until the first of them may have settled; None if all have.
    """

    changing: frozenset[str] = frozenset()
    vanished: frozenset[str] = frozenset()
    retry_after_seconds: float | None = None


class _Known(msgspec.Struct):
    stamp: Stamp
    quiet_since: float
    is_atomic: bool


class SettleTracker:
    """Tracks the state of files over scans."""

    def __init__(self) -> None:
        self._known: dict[str, _Known] = {}
        self._forgotten: dict[str, _Known] = {}
        self._vanished: dict[str, float] = {}
        self._real_root = ""

    def update(self, tree: Tree, *, now: float, wall: float) -> Unsettled:
        """Record a scan and return the files that have not settled.

        Args:
            tree: the content of the directory.
            now: monotonic seconds.
            wall: seconds since the epoch, as in file times.
        """
        swapped = bool(self._real_root) and tree.real_root != self._real_root
        self._real_root = tree.real_root
        waits: list[float] = []
        changing = self._changing(tree, now, wall, waits, swapped=swapped)
        vanished = self._gone(tree, now, waits, swapped=swapped)
        return Unsettled(frozenset(changing), frozenset(vanished), min(waits, default=None))

    def _changing(self, tree: Tree, now: float, wall: float, waits: list[float], *, swapped: bool) -> set[str]:
        changing = set()
        known: dict[str, _Known] = {}
        for name, file in tree.files.items():
            before = self._known.get(name)
            if before is not None and before.stamp == file.stamp and not file.is_changing:
                quiet_since = before.quiet_since
            elif file.is_atomic or swapped:
                quiet_since = -math.inf
            else:
                quiet_since = now - _quiet_before(before, file.stamp, wall, is_changing=file.is_changing)
            known[name] = _Known(file.stamp, quiet_since, file.is_atomic)
            wait = SETTLE_SECONDS - (now - quiet_since)
            if wait > 0:
                changing.add(name)
                waits.append(wait)
        self._forgotten = {name: each for name, each in self._known.items() if name not in known}
        self._known = known
        return changing

    def _gone(self, tree: Tree, now: float, waits: list[float], *, swapped: bool) -> set[str]:
        present: Mapping[str, object] = tree.files | dict.fromkeys(tree.refused)
        for name, known in self._forgotten.items():
            if not known.is_atomic and not swapped and name not in present:
                self._vanished[name] = now
        for name, since in list(self._vanished.items()):
            wait = VANISH_SECONDS - (now - since)
            if name in present or swapped or wait <= 0:
                del self._vanished[name]
            else:
                waits.append(wait)
        return set(self._vanished)


def _quiet_before(before: _Known | None, stamp: Stamp, wall: float, *, is_changing: bool) -> float:
    """Return how long a file in a new state has been unchanged, in seconds."""
    if is_changing:
        return 0.0
    if before is not None and before.stamp.inode == stamp.inode and before.stamp.device == stamp.device:
        return 0.0  # written in place, possibly not complete
    if stamp.ctime_ns > stamp.mtime_ns:
        # A new name whose ctime is newer than its mtime: the file was renamed into place, complete.
        return math.inf
    age = wall - max(stamp.mtime_ns, stamp.ctime_ns) / 1e9
    return max(age, 0.0)
